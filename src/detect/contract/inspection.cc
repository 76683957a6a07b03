#include "detect/contract/inspection.h"

#include <utility>

namespace saiph::detect {

std::function<Result<std::shared_ptr<const ByteSource>>()> open_part(
    std::shared_ptr<const ByteSource> parent, std::uint64_t offset, std::uint64_t length) {
  return [parent = std::move(parent), offset,
          length]() -> Result<std::shared_ptr<const ByteSource>> {
    return std::shared_ptr<const ByteSource>(std::make_shared<SubSource>(parent, offset, length));
  };
}

void Inspection::incomplete(const Error& error) {
  std::string_view code = error_code_name(error.code());
  const Error* root = &error;
  while (root->cause() != nullptr) root = root->cause();
  if (error.code() == ErrorCode::kMalformed && root->message().starts_with("truncated"))
    code = "truncated";
  if (error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kDenied)
    code = "unreadable";
  incomplete(code, error.describe(), root->offset());
}

}  // namespace saiph::detect
