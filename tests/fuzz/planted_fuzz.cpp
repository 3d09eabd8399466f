// Has a fault that any input of some length finds: what runs the others must fail with it.
#include "fuzz/need.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t*, std::size_t size) {
  pulsewatch::fuzzing::need(size < 4, "the planted fault is not found");
  return 0;
}
