/* SPDX-License-Identifier: BSD-3-Clause */
/* A kind of medium is a row here, whatever floor it stands on: no lower floor names it. */
#include "media.h"

#include <stddef.h>

#include "media/maker.h"

const struct media_maker *const media_makers[] = { &media_ram, &media_null, &media_file, NULL };
