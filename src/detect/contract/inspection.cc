#include "detect/contract/inspection.h"

namespace saiph::detect {

void Inspection::incomplete(const Error& error) {
  std::string_view code = error_code_name(error.code());
  const Error* root = &error;
  while (root->cause() != nullptr) root = root->cause();
  if (error.code() == ErrorCode::kMalformed && root->message().starts_with("truncated")) code = "truncated";
  if (error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kDenied) code = "unreadable";
  incomplete(code, error.describe(), root->offset());
}

}  // namespace saiph::detect
