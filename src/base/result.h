// Result and Error: how everything in Saiph fails. No exception crosses a room boundary.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace saiph {

/// Stable codes; their numbers and names are part of reports.
enum class ErrorCode : std::uint8_t {
  kMalformed,        ///< input breaks its own format's rules
  kLimit,            ///< a limit or budget of ours was reached; the input may be fine
  kUnsupported,      ///< understood, but a variant that this version does not read
  kNotFound,         ///< the named thing does not exist
  kDenied,           ///< the operating system or a policy said no
  kUnavailable,      ///< I/O failed, a file changed under us, a resource is missing
  kInvalidArgument,  ///< the caller's (user's) settings are wrong
  kInternal,         ///< a defect of Saiph
  kConflict,         ///< it is there already, or is not any more what the caller saw
};

/// The stable lower-case name of a code ("malformed", "limit", ...).
std::string_view error_code_name(ErrorCode code);

/// What went wrong, where, and what it followed from. A value; any thread.
class Error {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}
  Error(ErrorCode code, std::string message, std::uint64_t offset)
      : code_(code), message_(std::move(message)), offset_(offset) {}

  ErrorCode code() const { return code_; }
  const std::string& message() const { return message_; }
  /// Byte offset in the input the error speaks of, where one exists.
  std::optional<std::uint64_t> offset() const { return offset_; }
  const Error* cause() const { return cause_.get(); }

  /// The same error as the cause of a new one with wider context.
  Error wrap(std::string message) const;
  /// "message at offset N: cause" in one line. Not escaped for any sink.
  std::string describe() const;

 private:
  ErrorCode code_;
  std::string message_;
  std::optional<std::uint64_t> offset_;
  std::shared_ptr<const Error> cause_;
};

/// tl::expected with [[nodiscard]] on the class: an ignored failure is a compiler warning.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  // A function that fails says `return Error(...)`.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Result(Error error) : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}
};

using Status = Result<void>;

}  // namespace saiph

// `SAIPH_TRY(auto x, f())` binds the value or returns the error; `SAIPH_CHECK(f())` for Status.
#define SAIPH_CONCAT_INNER(a, b) a##b
#define SAIPH_CONCAT(a, b) SAIPH_CONCAT_INNER(a, b)
// NOLINTBEGIN(bugprone-macro-parentheses): a declaration stands in no parentheses
#define SAIPH_TRY_INNER(temporary, declaration, expression) \
  auto temporary = (expression);                            \
  if (!temporary) return std::move(temporary).error();      \
  declaration = std::move(*temporary)
// NOLINTEND(bugprone-macro-parentheses)
#define SAIPH_TRY(declaration, expression) \
  SAIPH_TRY_INNER(SAIPH_CONCAT(saiph_try_, __LINE__), declaration, expression)
#define SAIPH_CHECK(expression)                                                                  \
  do {                                                                                           \
    if (auto saiph_status = (expression); !saiph_status) return std::move(saiph_status).error(); \
  } while (false)
