// What is known of one Python expression without running it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace saiph::formats {

/// Where a value came from, as a set. An expression has the origins of all its parts.
using PythonOrigins = std::uint16_t;
enum PythonOrigin : std::uint16_t {
  kOriginDecoded = 1U << 0U,      ///< passed through base64, hex, zlib, rot13, marshal ...
  kOriginNetwork = 1U << 1U,      ///< read from the network
  kOriginEnvironment = 1U << 2U,  ///< environment variables
  kOriginFile = 1U << 3U,         ///< read from a file
  kOriginBuilt = 1U << 4U,        ///< text put together from pieces that hide it from a search
  kOriginInput = 1U << 5U,        ///< command line or standard input
  kOriginEncodedText = 1U << 6U,  ///< decoded from a constant that stands in this file
  kOriginReflected = 1U << 7U,    ///< reached by a computed name: getattr, __dict__, globals()
  kOriginCredential = 1U << 8U,   ///< read from a place where credentials are kept
  kOriginPartial = 1U << 9U,      ///< a text with unknown parts, which stand in it as "{}"
};

enum class PythonValueKind : std::uint8_t {
  kUnknown,
  kNumber,
  kText,  ///< str or bytes with known content
  /// A dotted name that leads out of this file: "os.system", "requests.get().text". `items` are the
  /// arguments that functools.partial has given it already.
  kPath,
  /// A method `name` of a known text (`text`) or of a known list (`items`).
  kMethod,
  kList,      ///< list, tuple, set or mapping with known items
  kFunction,  ///< a function of this file; `number` is its scope
  kClass,     ///< a class of this file; `number` is its scope
  kInstance,  ///< an object of a class of this file
  /// operator.attrgetter of the name `text`; of an item when `name` is "item", of a method that is
  /// called with `items` when it is "call".
  kGetter,
};

/// Cheap to copy: text and items are shared and immutable.
struct PythonValue {
  PythonValueKind kind = PythonValueKind::kUnknown;
  bool is_bytes = false;
  bool is_mapping = false;  ///< a list of keys and values in turn
  PythonOrigins origins = 0;
  std::int64_t number = 0;
  std::shared_ptr<const std::string> text_ptr;
  std::shared_ptr<const std::string> name_ptr;
  std::shared_ptr<const std::vector<PythonValue>> items_ptr;

  bool is(PythonValueKind k) const { return kind == k; }
  std::string_view text() const {
    return text_ptr ? std::string_view(*text_ptr) : std::string_view();
  }
  std::string_view name() const {
    return name_ptr ? std::string_view(*name_ptr) : std::string_view();
  }
  bool is_constant() const {
    return (kind == PythonValueKind::kText && (origins & kOriginPartial) == 0) ||
           kind == PythonValueKind::kNumber;
  }

  static PythonValue unknown(PythonOrigins origins = 0) {
    PythonValue value;
    value.origins = origins;
    return value;
  }
  static PythonValue of_number(std::int64_t number, PythonOrigins origins = 0);
  static PythonValue of_text(std::string text, bool is_bytes = false, PythonOrigins origins = 0);
  static PythonValue of_path(std::string path, PythonOrigins origins = 0);
  /// Lists nested deeper than 16 become unknown (so that no chain of lists can grow).
  static PythonValue of_list(std::vector<PythonValue> items, PythonOrigins origins = 0);
};

struct PythonArgument {
  std::string_view keyword;  ///< "" when positional; points into the source
  bool starred = false;      ///< *args or **kwargs
  PythonValue value;
};

/// Folding of constants: pure functions under one allowance, so that no file can make us produce
/// more text than it could hold. One thread at a time.
class PythonFolder {
 public:
  /// Longest text that is folded, and the sum over a file: payloads are far smaller.
  static constexpr std::size_t kTextBytes = 256U << 10;
  static constexpr std::size_t kTotalBytes = 8U << 20;
  static constexpr std::size_t kItems = 65'536;

  /// The value of a string literal's body (escapes resolved).
  PythonValue literal(std::string_view body, bool is_bytes, bool is_raw);
  /// left OP right; unknown (with both origins) when it cannot be folded.
  PythonValue binary(const PythonValue& left, std::string_view op, const PythonValue& right);
  /// receiver.method(arguments) for a known text.
  PythonValue method(const PythonValue& bound, const std::vector<PythonArgument>& arguments);
  /// A call of a builtin or library function that only computes ("chr", "base64.b64decode").
  /// Nothing when the function is none of those; unknown when its arguments are not known.
  std::optional<PythonValue> function(std::string_view path,
                                      const std::vector<PythonArgument>& arguments);
  /// base[argument], or base[::-1] when `reversed`.
  PythonValue subscript(const PythonValue& base, const PythonValue& index, bool reversed);

 private:
  bool take(std::size_t bytes);
  PythonValue decoded(std::optional<std::string> text, const PythonValue& from);
  PythonValue codec(const PythonValue& value, std::string_view encoding);
  PythonValue percent(const PythonValue& left, const PythonValue& right);
  PythonValue format(const PythonValue& receiver, const std::vector<PythonArgument>& arguments);
  PythonValue join(const PythonValue& separator, const PythonValue& items);

  std::size_t left_ = kTotalBytes;
};

/// Union of the origins of all arguments.
PythonOrigins origins_of(const std::vector<PythonArgument>& arguments);

}  // namespace saiph::formats
