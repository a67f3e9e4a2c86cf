/* What the parts of the ROM know of each other. */
#ifndef BOARDLESS_RP2040_ROM_H_
#define BOARDLESS_RP2040_ROM_H_

#include <stdint.h>

enum { kFlashBase = 0x10000000 };

void *rom_memcpy44(void *destination, const void *source, uint32_t length);
int32_t rom_clz32(uint32_t value);
void rom_say(const char *text);
_Noreturn void rom_stop(void);
_Noreturn void rom_enter(const uint32_t *code);

void rom_connect_internal_flash(void);
void rom_flash_exit_xip(void);
void rom_flash_flush_cache(void);
void rom_flash_enter_cmd_xip(void);

#endif
