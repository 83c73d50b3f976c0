/* SPDX-License-Identifier: Apache-2.0 */
/* infolens.h needs no other header before it and may be included twice. */
#include <infolens.h>
#include <infolens.h>

extern il_status (*const infolens_header_compiles)(il_context_options *, uint32_t);
il_status (*const infolens_header_compiles)(il_context_options *, uint32_t) = il_context_options_init;
