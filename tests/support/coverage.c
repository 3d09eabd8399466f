/* What libgcov doesn't do by itself. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HIDDEN __attribute__((visibility("hidden")))

void __gcov_dump(void);
_Noreturn void __real__exit(int code);
HIDDEN _Noreturn void __wrap__exit(int code);

/* Workers and the rules of pulsewatch-plugin-test end by _exit(), which runs no exit handler and so would lose their coverage. */
void __wrap__exit(int code) {
  __gcov_dump();
  __real__exit(code);
}

/* Another user can't write into the build, and libgcov would say so on standard error, which tests read. */
__attribute__((constructor)) static void chooseDirectory(void) {
  char prefix[64];
  if (access(PULSEWATCH_COVERAGE_DIRECTORY, W_OK) == 0) return;
  snprintf(prefix, sizeof prefix, "/tmp/pulsewatch-coverage-%u", (unsigned)getuid());
  setenv("GCOV_PREFIX", prefix, 0);
}
