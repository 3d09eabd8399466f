#include "serve/index_handler.h"

namespace pulsewatch {

namespace {

HttpAnswer page(const std::string& version, bool metrics) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>pulsewatch</title></head>\n<body>\n<h1>pulsewatch " +
      version +
      "</h1>\n<ul>\n"
      "<li><a href=\"/ready\">/ready</a>: the verdict and every check (<a href=\"/ready?verbose\">verbose</a>, <a "
      "href=\"/ready?explain\">explained</a>)</li>\n"
      "<li><a href=\"/healthz\">/healthz</a>: whether pulsewatch itself runs</li>\n";
  if (metrics) html += "<li><a href=\"/metrics\">/metrics</a>: for Prometheus</li>\n";
  html += "</ul>\n</body>\n</html>\n";
  HttpAnswer answer;
  answer.content_type = "text/html; charset=utf-8";
  answer.body = std::make_shared<const std::string>(std::move(html));
  return answer;
}

}  // namespace

IndexHandler::IndexHandler(const std::string& version, bool metrics)
    : metrics_(metrics), with_metrics_(page(version, true)), without_(page(version, false)) {}

}  // namespace pulsewatch
