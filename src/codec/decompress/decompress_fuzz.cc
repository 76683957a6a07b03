// Every codec on the same bytes, and raw deflate through two libraries: what libdeflate accepts
// whole, zlib must stream to the same bytes.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "codec/decompress/decompress.h"

using saiph::codec::Codec;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  saiph::Limits limits;
  limits.inflated_bytes = 8U << 20;
  const saiph::ViewSource source(saiph::ByteView(data, size).subspan(1));
  const auto codec = static_cast<Codec>(data[0] % (static_cast<unsigned>(Codec::kLz4) + 1));
  saiph::Budget budget(limits);
  const auto out = saiph::codec::decompress(codec, source, budget);
  if (!out) return 0;
  if (out->output == nullptr || out->consumed > source.size()) __builtin_trap();
  (void)saiph::codec::decodes_plausibly(codec, *source.contiguous());
  if (codec != Codec::kDeflate || out->output->size() > (1U << 20)) return 0;

  const auto streamed = out->output->contiguous();
  if (!streamed) return 0;
  saiph::Budget second(limits);
  const auto whole = saiph::codec::inflate_member(source, streamed->size(), second);
  if (!whole) __builtin_trap();
  // Both accept, or both refuse; and what they produce is the same.
  if (whole->error.has_value() != out->error.has_value()) __builtin_trap();
  if (whole->output->size() != streamed->size()) __builtin_trap();
  const auto bytes = whole->output->contiguous();
  if (!bytes || !std::equal(bytes->begin(), bytes->end(), streamed->begin())) __builtin_trap();
  return 0;
}
