/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading the description. */
#include "description.h"

static struct json *description;

void description_load(void)
{
	char error[256];

	description = json_read(ABI_JSON, error, sizeof(error));
	if (description)
		return;
	if (strcmp(error, "cannot be read") != 0) {
		printf("%s: %s\n", ABI_JSON, error);
		exit(1);
	}
	printf("there is no description of the ABI: it is made by `make abi`, with python3-pycparser\n");
	exit(77);
}

void description_free(void)
{
	json_free(description);
}

const struct json *description_list(const char *list)
{
	const struct json *entries = json_get(description, list);

	if (!entries)
		fail_msg("the description has no \"%s\"", list);
	return entries->children;
}

const struct json *description_find(const char *list, const char *name)
{
	const struct json *entry = description_list(list);

	while (entry && strcmp(json_string(entry, "name", ""), name) != 0)
		entry = entry->next;
	if (!entry)
		fail_msg("%s is not among the description's %s", name, list);
	return entry;
}

int64_t constant(const char *name)
{
	return json_number(description_find("constants", name), "value", 0);
}

ffi_type *ffi_type_of(const char *name)
{
	static const struct {
		const char *name;
		ffi_type *type;
	} types[] = {
		{ "void", &ffi_type_void },     { "pointer", &ffi_type_pointer },
		{ "sint8", &ffi_type_sint8 },   { "uint8", &ffi_type_uint8 },
		{ "sint16", &ffi_type_sint16 }, { "uint16", &ffi_type_uint16 },
		{ "sint32", &ffi_type_sint32 }, { "uint32", &ffi_type_uint32 },
		{ "sint64", &ffi_type_sint64 }, { "uint64", &ffi_type_uint64 },
	};

	for (size_t i = 0; i < NELEMS(types); i++)
		if (strcmp(types[i].name, name) == 0)
			return types[i].type;
	fail_msg("libffi has no type %s", name);
	return NULL;
}

void prototype_make(struct prototype *prototype, const struct json *json)
{
	const struct json *argument = json_get(json, "arguments")->children;

	memset(prototype, 0, sizeof(*prototype));
	prototype->json = json;
	prototype->name = json_string(json, "name", "");
	prototype->returns = ffi_type_of(json_string(json_get(json, "returns"), "ffi", ""));
	for (; argument; argument = argument->next) {
		assert_true(prototype->narguments < MAX_ARGUMENTS);
		prototype->arguments[prototype->narguments++] =
			ffi_type_of(json_string(argument, "ffi", ""));
	}
	assert_int_equal(ffi_prep_cif(&prototype->cif, FFI_DEFAULT_ABI, prototype->narguments,
				      prototype->returns, prototype->arguments),
			 FFI_OK);
}

const char *argument_word(const struct prototype *prototype, unsigned i, const char *key)
{
	const struct json *argument = json_get(prototype->json, "arguments")->children;

	while (i--)
		argument = argument->next;
	return json_string(argument, key, "");
}
