/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CN_QUANTIZE_H
#define CN_QUANTIZE_H
/** The instruction set chosen at load. */
const char *cn_instruction_set(void);
#endif
