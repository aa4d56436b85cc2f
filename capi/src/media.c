/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of kinds of media: each kind, whatever floor it stands on, is a row, and no lower floor names it. */
#include "media.h"

#include <stddef.h>

#include "media/maker.h"

const struct media_maker *const media_makers[] = { &media_ram, &media_null, &media_file, NULL };
