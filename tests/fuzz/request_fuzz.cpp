// Any bytes as what comes over a connection: read at once, byte by byte, and in pieces, one request after the other.
#include "fuzz/need.h"
#include "requests/reading.h"

namespace pulsewatch::fuzzing {
namespace {

using testing::Reading;
using testing::readRequest;

// The first byte says how long the pieces are.
std::vector<std::size_t> endsOf(std::size_t size, std::size_t piece) {
  std::vector<std::size_t> ends;
  for (std::size_t end = piece; end < size; end += piece) ends.push_back(end);
  return ends;
}

// What is left behind one request; none after a fault, or when it isn't whole.
std::string_view read(std::string_view bytes, std::size_t piece) {
  const Reading reading = readRequest(bytes);
  const std::string fault = testing::readingFault(bytes, reading);
  need(fault.empty(), fault.c_str(), std::string(bytes) + "\n" + shown(reading));
  need(readRequest(bytes, endsOf(bytes.size(), piece)) == reading, "pieces change nothing", std::string(bytes) + "\n" + shown(reading));
  need(testing::readBytes(bytes) == reading, "single bytes change nothing", std::string(bytes) + "\n" + shown(reading));
  if (!reading.complete) return {};
  const std::string alone(bytes.substr(0, reading.taken));
  need(readRequest(alone) == reading, "what comes behind changes nothing", std::string(bytes) + "\n" + shown(reading));
  return bytes.substr(reading.taken);
}

}  // namespace
}  // namespace pulsewatch::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::vector<char> bytes(data + 1, data + size);
  for (std::string_view rest(bytes.data(), bytes.size()); !rest.empty();) rest = pulsewatch::fuzzing::read(rest, 1 + data[0] % 64);
  return 0;
}
