/* Firmware of an RP2040 that finds functions of the boot ROM through its tables, as the SDK does, and prints what they
   return. */
typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned char u8;
#define REG(address) (*(volatile u32 *)(address))
#define HALF(address) (*(const u16 *)(address))
#define CODE(a, b) ((u32)(a) | (u32)(b) << 8)
#define UART 0x40034000u
#define SIO 0xD0000000u
#define PSM 0x40010000u

extern char stack_top[];
void reset(void);
static void broken(void) {
  for (;;) {
  }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    [0] = (void (*)(void))stack_top, [1] = reset, [2] = broken, [3] = broken};

typedef void *(*Lookup)(const u16 *table, u32 code);
typedef u32 (*Bits)(u32);
typedef u32 (*Arithmetic)(u32, u32);
typedef u8 *(*Copy)(u8 *, const u8 *, u32);

static void *find(u32 table, u32 code) {
  volatile u32 zero = 0; /* so that the compiler lets address 0 be read */
  return ((Lookup)(u32)HALF(0x18 + zero))((const u16 *)(u32)HALF(table + zero), code);
}

static void put(char c) {
  while (REG(UART + 0x18) & 1u << 5) {
  }
  REG(UART) = (u32)c;
}

static void print(const char *name, u32 value) {
  while (*name) put(*name++);
  put('=');
  for (int digit = 28; digit >= 0; digit -= 4) put("0123456789abcdef"[value >> digit & 15]);
  put('\n');
}

#ifdef WRITES_FLASH
typedef void (*Plain)(void);
typedef void (*Erase)(u32 offset, u32 length, u32 block, u8 command);
typedef void (*Program)(u32 offset, const u8 *data, u32 length);
static u8 page[256];

static void write_flash(u32 offset) {
  for (u32 i = 0; i < sizeof page; i++) page[i] = (u8)(i ^ 0x5a);
  ((Plain)find(0x14, CODE('I', 'F')))();
  ((Plain)find(0x14, CODE('E', 'X')))();
  ((Erase)find(0x14, CODE('R', 'E')))(offset, 4096, 1u << 16, 0xd8);
  ((Program)find(0x14, CODE('R', 'P')))(offset, page, sizeof page);
  ((Plain)find(0x14, CODE('F', 'C')))();
  ((Plain)find(0x14, CODE('C', 'X')))();
}
#endif

void reset(void) {
  REG(0x4000C000u + 0x3000) = 1u << 22;
  REG(UART + 0x24) = 4;
  REG(UART + 0x2C) = 3u << 5 | 1u << 4;
  REG(UART + 0x30) = 1u | 1u << 8;
  const u32 *singles = find(0x16, CODE('S', 'F'));
  print("popcount", ((Bits)find(0x14, CODE('P', '3')))(0xF0F01234));
  print("add", ((Arithmetic)singles[0])(0x3FC00000, 0x40100000));      /* 1.5 + 2.25 */
  print("divide", ((Arithmetic)singles[3])(0x3F800000, 0x40400000));   /* 1 / 3 */
  print("sine", ((Arithmetic)singles[16])(0x3F000000, 0));             /* sin 0.5 */
  static u8 text[12];
  ((Copy)find(0x14, CODE('M', 'C')))(text, (const u8 *)"copied", 7);
  print((const char *)text, *text);
  volatile u32 zero = 0;
  REG(zero) = 0x12345678; /* as drivers do by mistake: nothing happens */
  print("first", REG(zero));
#ifdef WRITES_FLASH
  write_flash(0x100000);
  print("programmed", REG(0x10100000));
  print("erased", REG(0x10100100));
#endif
#ifdef STARTS_SECOND_CORE
  REG(PSM + 4) = 1u << 16;
  REG(PSM + 4) = 0;
  while (!(REG(SIO + 0x50) & 1)) __asm__ volatile("wfe");
  print("announced", REG(SIO + 0x58));
  REG(SIO + 0x54) = 0;
  while (!(REG(SIO + 0x50) & 1)) __asm__ volatile("wfe");
#endif
#ifdef BOOTS_OVER_USB
  ((void (*)(u32, u32))find(0x14, CODE('U', 'B')))(0, 0);
#endif
  print("done", 0);
  for (;;) __asm__ volatile("wfi");
}
