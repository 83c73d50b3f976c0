/* SPDX-License-Identifier: Apache-2.0 */
#include "quantize.h"
const char *cn_instruction_set(void) { return "baseline"; }
