/* Erases a page of its own flash, programs two words and checks what is there; ends by semihosting with 0 if right.
 *
 * PAGE is the page's address; UNLOCK(), ERASE(), PROGRAM() and LOCK() are statements for the controller.
 */
#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define WORD(index) (*(volatile uint32_t *)(PAGE + 4 * (index)))

#if defined(NRF)
#define PAGE 0x000FF000u
#define CONFIG REGISTER(0x4001E504u)
#define UNLOCK() (void)0
#define ERASE() (CONFIG = 2, REGISTER(0x4001E508u) = PAGE)
#define PROGRAM() (CONFIG = 1)
#define LOCK() (CONFIG = 0)
#elif defined(L4)
#define PAGE 0x081FF000u /* the last one of the second bank */
#define CONTROL REGISTER(0x40022014u)
#define UNLOCK() (REGISTER(0x40022008u) = 0x45670123u, REGISTER(0x40022008u) = 0xCDEF89ABu)
#define ERASE() (CONTROL = 255u << 3 | 1u << 11 | 1u << 1, CONTROL |= 1u << 16)
#define PROGRAM() (CONTROL = 1)
#define LOCK() (CONTROL = 1u << 31)
#elif defined(F7)
#define PAGE 0x080C0000u /* sector 7 */
#define CONTROL REGISTER(0x40023C10u)
#define UNLOCK() (REGISTER(0x40023C04u) = 0x45670123u, REGISTER(0x40023C04u) = 0xCDEF89ABu)
#define ERASE() (CONTROL = 7u << 3 | 1u << 1, CONTROL |= 1u << 16)
#define PROGRAM() (CONTROL = 2u << 8 | 1)
#define LOCK() (CONTROL = 1u << 31)
#elif defined(F1)
#define PAGE 0x0807F800u
#define CONTROL REGISTER(0x40022010u)
#define UNLOCK() (REGISTER(0x40022004u) = 0x45670123u, REGISTER(0x40022004u) = 0xCDEF89ABu)
#define ERASE() (CONTROL = 1u << 1, REGISTER(0x40022014u) = PAGE, CONTROL |= 1u << 6)
#define PROGRAM() (CONTROL = 1)
#define LOCK() (CONTROL = 1u << 7)
#elif defined(H7)
#define PAGE 0x081FE000u /* the last one of the second bank */
#define CONTROL REGISTER(0x5200210Cu)
#define UNLOCK() (REGISTER(0x52002104u) = 0x45670123u, REGISTER(0x52002104u) = 0xCDEF89ABu)
#define ERASE() (CONTROL = 127u << 6 | 1u << 2, CONTROL |= 1u << 5)
#define PROGRAM() (CONTROL = 1u << 1)
#define LOCK() (CONTROL = 1)
#endif

static void finish(int is_right) {
  register uint32_t operation __asm__("r0") = 0x18; /* SYS_EXIT */
  register uint32_t reason __asm__("r1") = is_right ? 0x20026u : 0x20023u;
  __asm__ volatile("bkpt 0xAB" : : "r"(operation), "r"(reason) : "memory");
  for (;;) {
  }
}

static void program(void) {
#if defined(F1)
  volatile uint16_t *half = (volatile uint16_t *)PAGE;
  half[0] = 0x3210;
  half[1] = 0x7654;
  half[2] = 0xCDEF;
  half[3] = 0x89AB;
#else
  WORD(0) = 0x76543210u;
  WORD(1) = 0x89ABCDEFu;
#endif
}

static void reset(void) {
  UNLOCK();
  PROGRAM();
  program();
  int is_right = WORD(0) == 0x76543210u && WORD(1) == 0x89ABCDEFu;
#if !defined(F1)
  WORD(0) = 0xFFFF0000u; /* ones change nothing */
  is_right = is_right && WORD(0) == 0x76540000u;
#endif
  ERASE();
  is_right = is_right && WORD(0) == 0xFFFFFFFFu && WORD(1) == 0xFFFFFFFFu;
  PROGRAM();
  program();
  LOCK();
  is_right = is_right && WORD(0) == 0x76543210u && WORD(1) == 0x89ABCDEFu && WORD(2) == 0xFFFFFFFFu;
#if defined(STORES_LOCKED)
  WORD(2) = 0;
#endif
  finish(is_right);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[2] = {(void *)0x20004000u, reset};
