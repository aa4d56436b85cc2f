/* SPDX-License-Identifier: BSD-3-Clause */
/* Calling by the description. */
#include "call.h"

#include <dlfcn.h>

struct function {
	struct prototype prototype;
	void *address;
	bool done;
};

static void *library;
static struct function *functions;
static unsigned nfunctions;

static void function_find(struct function *function, const struct json *json)
{
	prototype_make(&function->prototype, json);
	function->address =
		dlvsym(library, function->prototype.name, json_string(json, "node", ""));
	if (!function->address)
		fail_msg("the library has no %s@@%s: %s", function->prototype.name,
			 json_string(json, "node", ""), dlerror());
}

void library_open(void)
{
	const struct json *list = description_list("functions");

	library = dlopen(ABI_LIBRARY, RTLD_NOW | RTLD_LOCAL);
	if (!library)
		fail_msg("%s", dlerror());
	for (const struct json *json = list; json; json = json->next)
		nfunctions++;
	functions = calloc(nfunctions, sizeof(*functions));
	assert_non_null(functions);
	for (unsigned i = 0; i < nfunctions; i++, list = list->next)
		function_find(&functions[i], list);
}

void library_close(void)
{
	free(functions);
	if (library)
		dlclose(library);
}

static struct function *function_of(const char *name)
{
	for (unsigned i = 0; i < nfunctions; i++)
		if (strcmp(functions[i].prototype.name, name) == 0)
			return &functions[i];
	fail_msg("%s is not in the description", name);
	return NULL;
}

/* libffi widens a result that is narrower than a register, with its sign. */
static int64_t widened(const ffi_type *type, ffi_arg result)
{
	if (type == &ffi_type_sint32)
		return (int32_t)result;
	if (type == &ffi_type_uint32)
		return (uint32_t)result;
	return (int64_t)result;
}

int64_t call_with(const char *name, unsigned n, const uint64_t *arguments)
{
	struct function *function = function_of(name);
	struct prototype *prototype = &function->prototype;
	uint64_t copies[MAX_ARGUMENTS];
	void *values[MAX_ARGUMENTS];
	ffi_arg result = 0;

	if (n != prototype->narguments)
		fail_msg("%s takes %u arguments, not %u", name, prototype->narguments, n);
	for (unsigned i = 0; i < n; i++) {
		copies[i] = arguments[i];
		values[i] = &copies[i];
	}
	ffi_call(&prototype->cif, FFI_FN(function->address), &result, values);
	return widened(prototype->returns, result);
}

int64_t ok(int64_t result, const char *name)
{
	if (result < 0)
		fail_msg("%s: %lld, \"%s\"", name, (long long)result,
			 (const char *)(uintptr_t)call_with("upnvme_last_error", 0, NULL));
	call_done(name);
	return result;
}

void call_done(const char *name)
{
	function_of(name)->done = true;
}

unsigned calls_known(void)
{
	return nfunctions;
}

unsigned calls_done(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < nfunctions; i++) {
		n += functions[i].done;
		if (!functions[i].done)
			print_error("%s was never called with good arguments\n",
				    functions[i].prototype.name);
	}
	return n;
}

/* --- back ----------------------------------------------------------------------------------------- */

static void arrive(ffi_cif *cif, void *result, void **values, void *user)
{
	struct closure *closure = user;
	uint64_t arguments[MAX_ARGUMENTS] = { 0 };

	(void)result;
	for (unsigned i = 0; i < cif->nargs; i++)
		memcpy(&arguments[i], values[i], cif->arg_types[i]->size);
	closure->fn(closure->user, arguments);
}

void closure_make(struct closure *closure, const char *type,
		  void (*fn)(void *user, const uint64_t *arguments), void *user)
{
	prototype_make(&closure->prototype, description_find("callbacks", type));
	assert_ptr_equal(closure->prototype.returns, &ffi_type_void);
	closure->fn = fn;
	closure->user = user;
	closure->ffi = ffi_closure_alloc(sizeof(*closure->ffi), &closure->code);
	assert_non_null(closure->ffi);
	assert_int_equal(ffi_prep_closure_loc(closure->ffi, &closure->prototype.cif, arrive,
					      closure, closure->code),
			 FFI_OK);
}

void closure_free(struct closure *closure)
{
	ffi_closure_free(closure->ffi);
}
