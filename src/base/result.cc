#include "base/result.h"

namespace saiph {

std::string_view error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kMalformed:
      return "malformed";
    case ErrorCode::kLimit:
      return "limit";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kNotFound:
      return "not-found";
    case ErrorCode::kDenied:
      return "denied";
    case ErrorCode::kUnavailable:
      return "unavailable";
    case ErrorCode::kInvalidArgument:
      return "invalid-argument";
    case ErrorCode::kInternal:
      return "internal";
    case ErrorCode::kConflict:
      return "conflict";
  }
  return "internal";
}

Error Error::wrap(std::string message) const {
  Error outer(code_, std::move(message));
  outer.offset_ = offset_;
  outer.cause_ = std::make_shared<const Error>(*this);
  return outer;
}

std::string Error::describe() const {
  std::string text = message_;
  const Error* last = this;
  while (last->cause_) {
    last = last->cause_.get();
    text += ": " + last->message_;
  }
  if (last->offset_) text += " at offset " + std::to_string(*last->offset_);
  return text;
}

}  // namespace saiph
