/* SPDX-License-Identifier: BSD-3-Clause */
/* Layouts: the compiler's, and libffi's, which knows the types alone. */
#include "layouts.h"

#include "description.h"

#define MAX_ELEMENTS 1024
#define MAX_STRUCTS  64

/* A record as libffi sees it: it has no arrays, so that each element is one of its own. */
struct layout {
	const struct json *json;
	ffi_type type;
	ffi_type *elements[MAX_ELEMENTS + 1];
	size_t offsets[MAX_ELEMENTS];
	unsigned nelements;
};

static struct layout layouts[MAX_STRUCTS];
static unsigned nlayouts;

static struct layout *layout_of(const struct json *structure);

static unsigned length_of(const struct json *field)
{
	const struct json *dimension = json_get(field, "dimensions");
	unsigned n = 1;

	for (dimension = dimension ? dimension->children : NULL; dimension;
	     dimension = dimension->next)
		n *= (unsigned)dimension->number;
	return n;
}

static ffi_type *type_of(const struct json *field)
{
	const char *ffi = json_string(field, "ffi", ""), *type = json_string(field, "type", "");

	if (strcmp(ffi, "struct") != 0)
		return ffi_type_of(ffi);
	return &layout_of(description_find("structs", type + strlen("struct ")))->type;
}

static void layout_make(struct layout *layout)
{
	const struct json *field = json_get(layout->json, "fields")->children;

	for (; field; field = field->next)
		for (unsigned i = length_of(field); i > 0; i--) {
			assert_true(layout->nelements < MAX_ELEMENTS);
			layout->elements[layout->nelements++] = type_of(field);
		}
	layout->type.type = FFI_TYPE_STRUCT;
	layout->type.elements = layout->elements;
	assert_int_equal(ffi_get_struct_offsets(FFI_DEFAULT_ABI, &layout->type, layout->offsets),
			 FFI_OK);
}

static struct layout *layout_of(const struct json *structure)
{
	struct layout *layout = layouts;

	while (layout < layouts + nlayouts && layout->json != structure)
		layout++;
	if (layout < layouts + nlayouts)
		return layout;
	assert_true(nlayouts < MAX_STRUCTS);
	nlayouts++;
	layout->json = structure;
	layout_make(layout);
	return layout;
}

static void compare(const struct layout *layout)
{
	const struct json *field = json_get(layout->json, "fields")->children;
	const char *name = json_string(layout->json, "name", "");
	unsigned element = 0;

	for (; field; element += length_of(field), field = field->next)
		if ((int64_t)layout->offsets[element] != json_number(field, "offset", -1))
			fail_msg("struct %s: libffi puts `%s` at %zu", name,
				 json_string(field, "name", ""), layout->offsets[element]);
	if ((int64_t)layout->type.size != json_number(layout->json, "size", -1) ||
	    layout->type.alignment != json_number(layout->json, "alignment", -1))
		fail_msg("struct %s: libffi gives it %zu bytes, aligned to %u", name,
			 layout->type.size, layout->type.alignment);
}

void layouts_are_those_of_libffi(void **state)
{
	const struct json *structure = description_list("structs");

	for (; structure; structure = structure->next)
		compare(layout_of(structure));
	assert_true(nlayouts > 10);
}
