// The file families before GGUF: GGML (no version), GGMF, GGJT and GGLA (adapters).
//
// Source: the loaders of the ggml and llama.cpp projects before August 2023. Only the layout with
// LLaMA hyper-parameters is self-consistent enough to be walked; other programs used the same magic
// numbers for headers of their own, which nothing in the file tells apart.
#pragma once

#include "formats/gguf/gguf.h"

namespace saiph::formats {

struct GgmlSummary {
  std::string_view family;  ///< "ggml", "ggmf", "ggjt", "ggla"
  std::uint32_t version = 0;
  std::uint64_t vocabulary = 0;
  std::uint64_t tensors = 0;
};

/// Not this format without one of the four magic numbers. kUnsupported when the header is not the
/// LLaMA layout or the version is unknown (nothing but the magic is true then); kMalformed when the
/// file ends inside; kLimit, kUnavailable. Problems, names and data runs go to the sink as they are
/// met. Cost: linear in everything but tensor data. One thread at a time per sink.
Outcome<GgmlSummary> read_ggml(const ByteSource& source, GgufSink& sink, Budget& budget);

}  // namespace saiph::formats
