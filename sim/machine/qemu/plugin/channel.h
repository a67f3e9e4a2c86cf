/* The wire between the plugin and the process that started QEMU: a stream socket and a page of shared memory.
 *
 * Both ends are the same machine and built together: plain structures in host order.
 *
 * Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
 */
#ifndef SIM_QEMU_CHANNEL_H_
#define SIM_QEMU_CHANNEL_H_

#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* From the plugin. */
enum message { MESSAGE_PRICE = 1, MESSAGE_STOPPED = 2, MESSAGE_DATA = 3, MESSAGE_OUTPUT = 4 };
/* To the plugin, while it waits after MESSAGE_STOPPED. */
enum command { COMMAND_RUN = 1, COMMAND_LOG = 2, COMMAND_RECORD = 3, COMMAND_BLOCKS = 4, COMMAND_SAVE = 5,
               COMMAND_RESTORE = 6 };

typedef struct {
  uint32_t kind, size_bytes; /* of the payload that follows */
} header_t;

typedef struct {
  volatile uint64_t cycles;    /* written by the plugin before every block */
  volatile uint32_t interrupt; /* set by the host: stop before the next block */
  volatile uint32_t asleep;    /* set by the host: the core sleeps, stop there */
} shared_t;

enum { WATCH_MILLISECONDS = 50 };

static int channel_fd;

/* Without the other end there is nobody to simulate for. */
static void leave(void) { _exit(0); }

static void receive(void *data, size_t size) {
  uint8_t *at = data;
  while (size) {
    ssize_t count = read(channel_fd, at, size);
    if (count <= 0) leave();
    at += count;
    size -= (size_t)count;
  }
}

static void send_bytes(const void *data, size_t size) {
  const uint8_t *at = data;
  while (size) {
    ssize_t count = write(channel_fd, at, size);
    if (count <= 0) leave();
    at += count;
    size -= (size_t)count;
  }
}

static void send_message(enum message kind, const void *data, size_t size) {
  header_t header = {.kind = (uint32_t)kind, .size_bytes = (uint32_t)size};
  send_bytes(&header, sizeof header);
  send_bytes(data, size);
}

static shared_t *shared;
static void (*when_asleep)(void);

/* Ends the process with the other end, whatever the simulated core does; speaks for a core that sleeps. */
static void *watch_channel(void *unused) {
  (void)unused;
  struct pollfd peer = {.fd = channel_fd, .events = 0};
  while (poll(&peer, 1, WATCH_MILLISECONDS) <= 0 || !(peer.revents & (POLLHUP | POLLERR))) {
    if (!shared->asleep) continue;
    shared->asleep = 0;
    when_asleep();
  }
  leave();
  return NULL;
}

static int open_channel(int fd, int shared_fd, void (*asleep)(void)) {
  channel_fd = fd;
  when_asleep = asleep;
  shared = mmap(NULL, sizeof(shared_t), PROT_READ | PROT_WRITE, MAP_SHARED, shared_fd, 0);
  pthread_t watcher;
  return shared != MAP_FAILED && !pthread_create(&watcher, NULL, watch_channel, NULL);
}

#endif /* SIM_QEMU_CHANNEL_H_ */
