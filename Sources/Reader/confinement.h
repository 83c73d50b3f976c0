/* SPDX-License-Identifier: Apache-2.0 */
/* What the reading process may not do. */
#ifndef CONFINEMENT_H
#define CONFINEMENT_H

/* Leaves no core, writes no file, gains no rights, and is the first to go when the system runs out of memory. */
void give_up_rights(void);

/* Leaves reading, memory and threads of what the kernel can be asked. After give_up_rights(); threads inherit it. */
void forbid_system_calls(void);

#endif
