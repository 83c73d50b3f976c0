/* SPDX-License-Identifier: Apache-2.0 */
/* The kernels of one instruction set for one element type: T, UINT (an unsigned
 * integer of its size), SUFFIX, which names it, and CN_SINGLE, 1 for float. */

#include "columns.h"

#define CODE uint8_t
#define CODE_SUFFIX u8
#include "levels.h"
#undef CODE
#undef CODE_SUFFIX

#define CODE uint16_t
#define CODE_SUFFIX u16
#include "levels.h"
#undef CODE
#undef CODE_SUFFIX

#undef T
#undef UINT
#undef SUFFIX
#undef CN_SINGLE
