// Why a file in a plugin directory was not taken: a sentence for the operator that begins after "refused: ". Thrown inside this stage, and
// caught by the catalog, which goes on with the next file.
#pragma once

#include <stdexcept>

namespace pulsewatch {

class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace pulsewatch
