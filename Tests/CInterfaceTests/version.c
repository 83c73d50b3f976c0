/* SPDX-License-Identifier: Apache-2.0 */
/* The library says what it is, and names what can go wrong. */
#include "check.h"

static void the_header_and_the_library_agree(void)
{
    CHECK_INTEGER(il_abi_version(), IL_ABI_VERSION);
    CHECK_TEXT(il_version(), INFOLENS_VERSION); /* given by the build, from infolens.pc */
}

static void no_error_has_a_text_before_the_first_failure(void) { CHECK_TEXT(il_last_error(), ""); }

static void every_status_has_its_name(void)
{
    CHECK_TEXT(il_status_name(IL_OK), "IL_OK");
    CHECK_TEXT(il_status_name(IL_ERROR_ARGUMENT), "IL_ERROR_ARGUMENT");
    CHECK_TEXT(il_status_name(IL_ERROR_SHAPE), "IL_ERROR_SHAPE");
    CHECK_TEXT(il_status_name(IL_ERROR_DTYPE), "IL_ERROR_DTYPE");
    CHECK_TEXT(il_status_name(IL_ERROR_IO), "IL_ERROR_IO");
    CHECK_TEXT(il_status_name(IL_ERROR_FORMAT), "IL_ERROR_FORMAT");
    CHECK_TEXT(il_status_name(IL_ERROR_NOT_FOUND), "IL_ERROR_NOT_FOUND");
    CHECK_TEXT(il_status_name(IL_ERROR_NUMERIC), "IL_ERROR_NUMERIC");
    CHECK_TEXT(il_status_name(IL_ERROR_CANCELLED), "IL_ERROR_CANCELLED");
    CHECK_TEXT(il_status_name(IL_ERROR_MEMORY), "IL_ERROR_MEMORY");
    CHECK_TEXT(il_status_name(IL_ERROR_INTERNAL), "IL_ERROR_INTERNAL");
    CHECK_TEXT(il_status_name(-1), "IL_ERROR_UNKNOWN");
    CHECK_TEXT(il_status_name(INT32_MAX), "IL_ERROR_UNKNOWN");
}

int main(void)
{
    RUN(the_header_and_the_library_agree);
    RUN(no_error_has_a_text_before_the_first_failure);
    RUN(every_status_has_its_name);
    return check_finish();
}
