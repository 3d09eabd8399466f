#include "bench/http_rows.h"
#include "bench/parts.h"
#include "bench/table.h"

#include <iostream>

namespace pulsewatch::bench {

void benchHttp(const Options& options) {
  Table aims({"what", "beside", "measured", "aim"});
  benchThroughput(options, aims);
  benchFootprint(options, aims);
  benchSiege(options, aims);
  std::cout << "HTTP, beside its aims. A ratio is pulsewatch's figure by nginx', its median with the least and the most.\n" << std::flush;
  aims.print();
}

}  // namespace pulsewatch::bench
