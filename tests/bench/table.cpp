#include "bench/table.h"

#include <iostream>

namespace pulsewatch::bench {

void Table::print() const {
  std::cout << '\n';
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    std::cout << '|';
    for (const std::string& cell : rows_[i]) std::cout << ' ' << cell << " |";
    std::cout << '\n';
    if (i > 0) continue;
    std::cout << '|';
    for (std::size_t column = 0; column < rows_[i].size(); ++column) std::cout << " --- |";
    std::cout << '\n';
  }
  std::cout << std::endl;
}

}  // namespace pulsewatch::bench
