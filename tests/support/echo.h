/* The conversation of the test firmware on serial ports: lines in, the same in capitals out. Include it behind
   definitions of put() and get(). */
#ifndef ECHO_H
#define ECHO_H

#define LINE_BYTES 16

static void say(const char *text) {
  while (*text) put(*text++);
}

/* Reads a line; whether it begins like "exit". */
static int read_line(char line[LINE_BYTES], unsigned int *length) {
  char c;
  *length = 0;
  while ((c = get()) != '\n')
    if (*length < LINE_BYTES) line[(*length)++] = c;
  return *length == 4 && line[0] == 'e';
}

static void answer(const char *line, unsigned int length) {
  for (unsigned int i = 0; i < length; i++) put(line[i] >= 'a' && line[i] <= 'z' ? line[i] - 32 : line[i]);
  put('\n');
}

#endif
