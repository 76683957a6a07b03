// canonicalise(): a text in canonical form, every other reading of it that it asks for, and what
// was odd about its characters.
//
// In: one text, UTF-8 as far as it goes; nothing about it is trusted. Invalid sequences, NULs and
// lone surrogates are signs in the report, never errors. Out: views (match/canonical/view.h), view
// 0 first: the text with compatibility forms, case, look-alikes, diacritics of Latin letters,
// invisible characters and runs of spaces levelled (match/canonical/README.md has the list). Each
// further view exists because the text looks so (docs/text-views.md), and names how it was made.
//
// Time is linear in the text, whatever it holds, and memory is a small multiple of it; both are
// bounded by CanonicalLimits. Pure functions of their arguments: any thread. The Unicode data is
// that of Unicode 15.0 (UAX 15 for NFKC, UTS 39 for look-alikes).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "match/canonical/sign.h"
#include "match/canonical/view.h"

namespace saiph::match {

struct CanonicalLimits {
  /// Bytes of text that are read. What follows is not looked at, and the report says so.
  std::size_t text_bytes = std::size_t{64} << 20;
  /// All views after the first together: this many times the text, and `view_spare_bytes`.
  std::size_t view_factor = 4;
  std::size_t view_spare_bytes = std::size_t{64} << 10;
  /// Views after the first. A text of nothing but short base64 words has many.
  std::size_t views = 256;
  /// Decodings of decodings.
  std::size_t nesting = 2;
  /// Compressed streams that are unpacked, and bytes of one.
  std::size_t inflations = 8;
  std::size_t inflated_bytes = std::size_t{1} << 20;
};

struct CanonicalReport {
  /// At most one of a kind, in the order of SignKind.
  std::vector<Sign> signs;
  /// Why not everything was read, in words ("more than 256 views"); empty: all was. A text with a
  /// reason here is never clean.
  std::vector<std::string> incomplete;
  std::size_t views = 0;
  /// Bytes looked at by all passes together: the cost, in a unit that no machine changes. Linear in
  /// the text by construction; a test holds it to that.
  std::uint64_t work = 0;
  /// True when the text is ASCII without control characters.
  bool plain_ascii = false;
  bool operator==(const CanonicalReport&) const = default;
};

/// The whole text at once. About 1 ns a byte for plain ASCII prose. `text` must outlive the call.
CanonicalReport canonicalise(std::string_view text, const CanonicalLimits& limits, ViewSink& sink);

/// The same for a text that arrives in pieces, cut anywhere, even within a character: views and
/// report are equal to those of the whole. View 0 grows as text is fed, so that an inspector need
/// not wait; the other views come with finish(). Holds the text fed so far (at most
/// limits.text_bytes). One thread at a time.
class CanonicalStream {
 public:
  explicit CanonicalStream(const CanonicalLimits& limits = {});
  ~CanonicalStream();
  CanonicalStream(const CanonicalStream&) = delete;
  CanonicalStream& operator=(const CanonicalStream&) = delete;
  CanonicalStream(CanonicalStream&&) noexcept;
  CanonicalStream& operator=(CanonicalStream&&) noexcept;

  void feed(std::string_view piece);
  /// View 0 of what was fed. Its text is a prefix of the final one: the last word may be held back
  /// until it is known to be one. Valid until the next call.
  const View& canonical() const;
  /// Tells all views, view 0 first. Call once; feed nothing afterwards.
  CanonicalReport finish(ViewSink& sink);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace saiph::match
