#include "serve/metrics_handler.h"

#include <Poco/DeflatingStream.h>

#include <algorithm>
#include <ios>
#include <iterator>
#include <malloc.h>
#include <sstream>
#include <stdexcept>

namespace pulsewatch {

namespace {

constexpr std::size_t kLarge = std::size_t{1} << 20U;    // bytes
constexpr std::size_t kWorthIt = std::size_t{1} << 10U;  // a smaller page is not compressed
constexpr int kLevel = 1;                                // a page is so alike in itself that more work gains little

std::string gzip(const std::string& text) {
  std::ostringstream out;
  Poco::DeflatingOutputStream deflating(out, Poco::DeflatingStreamBuf::STREAM_GZIP, kLevel);
  deflating.write(text.data(), static_cast<std::streamsize>(text.size()));
  if (deflating.close() != 0 || !deflating || !out) throw std::runtime_error("the page of metrics could not be compressed");
  return std::move(out).str();
}

}  // namespace

std::string MetricsHandler::render() const {
  std::vector<WrittenFamily> families;
  for (const MetricSource* source : sources_) {
    std::vector<WrittenFamily> more = source->families();
    std::move(more.begin(), more.end(), std::back_inserter(families));
  }
  std::sort(families.begin(), families.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  std::string page;
  const std::size_t last = last_size_;
  page.reserve(last + last / 16 + kWorthIt);  // growing it would take it twice
  MetricText text(page);
  for (const WrittenFamily& family : families) family.write(text);
  return page;
}

MetricsHandler::Page MetricsHandler::plain() {
  return plain_.get([this] {
    Page page{std::make_shared<const std::string>(render())};
    last_size_ = page.body->size();
    return page;
  });
}

MetricsHandler::Page MetricsHandler::compressed() {
  return compressed_.get([this] {
    Page page = plain();
    return page.body->size() < kWorthIt ? page : Page{std::make_shared<const std::string>(gzip(*page.body)), true};
  });
}

HttpAnswer MetricsHandler::answer(const HttpTarget& target) {
  const Page page = target.accepts_gzip ? compressed() : plain();
  HttpAnswer answer;
  answer.content_type = "text/plain; version=0.0.4; charset=utf-8";
  answer.headers.emplace_back("Vary", "Accept-Encoding");
  if (page.compressed) answer.headers.emplace_back("Content-Encoding", "gzip");
  answer.body = page.body;
  // Of ten thousand checks the copies took more than a little: memory that nobody needs until the next scrape.
  if (last_size_ > kLarge) malloc_trim(0);
  return answer;
}

}  // namespace pulsewatch
