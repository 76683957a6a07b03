#include "report/sink.h"

namespace saiph::report {

Status StreamSink::write(std::string_view bytes) {
  stream_->write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!stream_->good()) return Error(ErrorCode::kUnavailable, "the report could not be written");
  return {};
}

}  // namespace saiph::report
