/* Functions for flash (RP2040 datasheet, section 2.8.3.1.3), on SSI (section 4.10) and the serial commands that all NOR
   flash has in common. */

#include "rom.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define kSsi 0x18000000u
#define SSI_CTRLR0 REGISTER(kSsi + 0x00)
#define SSI_CTRLR1 REGISTER(kSsi + 0x04)
#define SSI_SSIENR REGISTER(kSsi + 0x08)
#define SSI_SER REGISTER(kSsi + 0x10)
#define SSI_BAUDR REGISTER(kSsi + 0x14)
#define SSI_SR REGISTER(kSsi + 0x28)
#define SSI_DR0 REGISTER(kSsi + 0x60)
#define SSI_SPI_CTRLR0 REGISTER(kSsi + 0xf4)
#define XIP_CTRL REGISTER(0x14000000)
#define XIP_FLUSH REGISTER(0x14000004)
#define RESETS_CLEAR REGISTER(0x4000c000 + 0x3000)
#define RESETS_DONE REGISTER(0x4000c000 + 0x08)
#define QSPI_SELECT_CTRL REGISTER(0x40018000 + 0x0c)

enum {
  kResetsFlashPins = 1 << 6 | 1 << 9, /* IO_QSPI, PADS_QSPI */
  kPins = 6,
  kStatusReceived = 1 << 3,
  kFrame8Bits = 7 << 16,
  kFrame32Bits = 31 << 16,
  kTransmitAndReceive = 0 << 8,
  kReceiveAfterAddress = 3 << 8,
  kAddress24Bits = 6 << 2,
  kInstruction8Bits = 2 << 8,
  kOverrideNothing = 0 << 8,
  kOverrideLow = 2 << 8,
  kOverrideHigh = 3 << 8,
  kSlowClockDivider = 6,
};

enum { kProgram = 0x02, kRead = 0x03, kReadStatus = 0x05, kEnableWrite = 0x06, kErase4K = 0x20 };
enum { kStatusBusy = 1, kPageBytes = 256, kSectorBytes = 4096 };

static void select_flash(void) { QSPI_SELECT_CTRL = kOverrideLow; }

static void deselect_flash(void) { QSPI_SELECT_CTRL = kOverrideHigh; }

static uint8_t exchange(uint8_t byte) {
  SSI_DR0 = byte;
  while (!(SSI_SR & kStatusReceived)) {
  }
  return (uint8_t)SSI_DR0;
}

static void command(uint8_t code) {
  select_flash();
  exchange(code);
  deselect_flash();
}

static void send_with_address(uint8_t code, uint32_t address) {
  select_flash();
  exchange(code);
  exchange((uint8_t)(address >> 16));
  exchange((uint8_t)(address >> 8));
  exchange((uint8_t)address);
}

static void wait_until_written(void) {
  uint8_t status;
  do {
    select_flash();
    exchange(kReadStatus);
    status = exchange(0);
    deselect_flash();
  } while (status & kStatusBusy);
}

void rom_connect_internal_flash(void) {
  RESETS_CLEAR = kResetsFlashPins;
  while (~RESETS_DONE & kResetsFlashPins) {
  }
  for (uint32_t pin = 0; pin < kPins; pin++) REGISTER(0x40018000 + 8 * pin + 4) = kOverrideNothing; /* XIP's own */
}

void rom_flash_exit_xip(void) {
  SSI_SSIENR = 0;
  SSI_BAUDR = kSlowClockDivider;
  SSI_CTRLR0 = kFrame8Bits | kTransmitAndReceive;
  SSI_SER = 1;
  SSI_SSIENR = 1;
  command(0xff); /* ends a continuous read */
}

void rom_flash_range_erase(uint32_t offset, uint32_t length, uint32_t block_bytes, uint8_t block_command) {
  uint32_t end = offset + length;
  while (offset < end) {
    int takes_block = block_bytes >= kSectorBytes && !(offset & (block_bytes - 1)) && end - offset >= block_bytes;
    command(kEnableWrite);
    send_with_address(takes_block ? block_command : kErase4K, offset);
    deselect_flash();
    wait_until_written();
    offset += takes_block ? block_bytes : kSectorBytes;
  }
}

void rom_flash_range_program(uint32_t offset, const uint8_t *data, uint32_t length) {
  for (uint32_t done = 0; done < length; done += kPageBytes) {
    command(kEnableWrite);
    send_with_address(kProgram, offset + done);
    for (uint32_t i = 0; i < kPageBytes; i++) exchange(data[done + i]);
    deselect_flash();
    wait_until_written();
  }
}

void rom_flash_flush_cache(void) {
  XIP_FLUSH = 1;
  (void)XIP_FLUSH;
  XIP_CTRL |= 1;
  QSPI_SELECT_CTRL = kOverrideNothing;
}

void rom_flash_enter_cmd_xip(void) {
  SSI_SSIENR = 0;
  SSI_CTRLR0 = kFrame32Bits | kReceiveAfterAddress;
  SSI_SPI_CTRLR0 = (uint32_t)kRead << 24 | kInstruction8Bits | kAddress24Bits;
  SSI_CTRLR1 = 0;
  SSI_SSIENR = 1;
}
