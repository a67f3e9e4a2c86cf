/* From reset to the second stage of booting (RP2040 datasheet, section 2.8.1): the first 256 bytes of flash are copied
   to the end of RAM, checked, and entered. */

#include "rom.h"

enum { kBoot2Bytes = 256, kChecksumOffset = kBoot2Bytes - 4 };

extern uint32_t rom_boot2[kBoot2Bytes / 4];

/* CRC-32 as the datasheet gives it: polynomial 0x04c11db7, initially all ones, nothing reflected or inverted. */
static uint32_t checksum(const uint8_t *data, uint32_t length) {
  uint32_t crc = 0xffffffff;
  while (length--) {
    crc ^= (uint32_t)*data++ << 24;
    for (int bit = 0; bit < 8; bit++) crc = crc << 1 ^ (crc >> 31 ? 0x04c11db7 : 0);
  }
  return crc;
}

_Noreturn void rom_usb_boot(void) {
  rom_say("The boot ROM waits for an image over USB: the firmware asked for that, or flash does not start with a "
          "second-stage bootloader and its checksum.\n");
  rom_stop();
}

_Noreturn void rom_boot(void) {
  rom_connect_internal_flash();
  rom_flash_exit_xip();
  rom_flash_flush_cache();
  rom_flash_enter_cmd_xip();
  rom_memcpy44(rom_boot2, (const void *)kFlashBase, kBoot2Bytes);
  if (checksum((const uint8_t *)rom_boot2, kChecksumOffset) != rom_boot2[kChecksumOffset / 4]) rom_usb_boot();
  rom_enter(rom_boot2);
}
