#include "codec/decompress/decoders.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <limits>

namespace saiph::codec {

namespace {

using State = StreamDecoder::State;

// The C libraries take pointers to non-const input that they do not write.
char* mutable_chars(ByteView bytes) {
  return const_cast<char*>(as_text(bytes).data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
}

unsigned clip(std::size_t n) {
  return static_cast<unsigned>(std::min<std::size_t>(n, std::numeric_limits<int>::max()));
}

class ZlibDecoder final : public StreamDecoder {
 public:
  /// window_bits as inflateInit2: 15 zlib, 31 gzip, -15 raw.
  explicit ZlibDecoder(int window_bits) : ready_(inflateInit2(&stream_, window_bits) == Z_OK) {}
  ZlibDecoder(const ZlibDecoder&) = delete;
  ZlibDecoder& operator=(const ZlibDecoder&) = delete;
  ~ZlibDecoder() override {
    if (ready_) inflateEnd(&stream_);
  }

  State step(ByteView in, std::size_t& used, MutableByteView out, std::size_t& produced,
             bool /*last_input*/) override {
    used = produced = 0;
    if (!ready_) return fail(ErrorCode::kUnavailable, "no memory for the decoder");
    stream_.next_in =
        const_cast<Bytef*>(in.data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    stream_.avail_in = clip(in.size());
    stream_.next_out = out.data();
    stream_.avail_out = clip(out.size());
    const unsigned in_before = stream_.avail_in;
    const unsigned out_before = stream_.avail_out;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    used = in_before - stream_.avail_in;
    produced = out_before - stream_.avail_out;
    switch (code) {
      case Z_OK:
      case Z_BUF_ERROR:
        return State::kMore;
      case Z_STREAM_END:
        return State::kEnd;
      case Z_NEED_DICT:
        return fail(ErrorCode::kUnsupported, "stream needs a preset dictionary");
      case Z_MEM_ERROR:
        return fail(ErrorCode::kUnavailable, "no memory for the decoder");
      default:
        break;
    }
    return fail(ErrorCode::kMalformed,
                stream_.msg != nullptr ? stream_.msg : "broken deflate data");
  }

  bool restart() override { return ready_ && inflateReset(&stream_) == Z_OK; }

 private:
  z_stream stream_{};
  bool ready_ = false;
};

class Bzip2Decoder final : public StreamDecoder {
 public:
  Bzip2Decoder() : ready_(BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK) {}
  Bzip2Decoder(const Bzip2Decoder&) = delete;
  Bzip2Decoder& operator=(const Bzip2Decoder&) = delete;
  ~Bzip2Decoder() override { close(); }

  State step(ByteView in, std::size_t& used, MutableByteView out, std::size_t& produced,
             bool /*last_input*/) override {
    used = produced = 0;
    if (!ready_) return fail(ErrorCode::kUnavailable, "no memory for the decoder");
    stream_.next_in = mutable_chars(in);
    stream_.avail_in = clip(in.size());
    stream_.next_out =
        const_cast<char*>(as_text(out).data());  // NOLINT(cppcoreguidelines-pro-type-const-cast)
    stream_.avail_out = clip(out.size());
    const unsigned in_before = stream_.avail_in;
    const unsigned out_before = stream_.avail_out;
    const int code = BZ2_bzDecompress(&stream_);
    used = in_before - stream_.avail_in;
    produced = out_before - stream_.avail_out;
    if (code == BZ_OK) return State::kMore;
    if (code == BZ_STREAM_END) return State::kEnd;
    if (code == BZ_MEM_ERROR) return fail(ErrorCode::kUnavailable, "no memory for the decoder");
    return fail(ErrorCode::kMalformed, "broken bzip2 data");
  }

  bool restart() override {
    close();
    stream_ = {};
    ready_ = BZ2_bzDecompressInit(&stream_, 0, 0) == BZ_OK;
    return ready_;
  }

 private:
  void close() {
    if (ready_) BZ2_bzDecompressEnd(&stream_);
    ready_ = false;
  }
  bz_stream stream_{};
  bool ready_ = false;
};

class LzmaDecoder final : public StreamDecoder {
 public:
  explicit LzmaDecoder(Codec codec) : codec_(codec), ready_(open()) {}
  LzmaDecoder(const LzmaDecoder&) = delete;
  LzmaDecoder& operator=(const LzmaDecoder&) = delete;
  ~LzmaDecoder() override { lzma_end(&stream_); }

  State step(ByteView in, std::size_t& used, MutableByteView out, std::size_t& produced,
             bool last_input) override {
    used = produced = 0;
    if (!ready_) return fail(ErrorCode::kUnavailable, "no memory for the decoder");
    if (codec_ == Codec::kZipLzma && !raw_open_) return step_zip_header(in, used);
    stream_.next_in = in.data();
    stream_.avail_in = in.size();
    stream_.next_out = out.data();
    stream_.avail_out = out.size();
    const lzma_ret code = lzma_code(&stream_, last_input && in.empty() ? LZMA_FINISH : LZMA_RUN);
    used = in.size() - stream_.avail_in;
    produced = out.size() - stream_.avail_out;
    switch (code) {
      case LZMA_OK:
      case LZMA_BUF_ERROR:
      case LZMA_NO_CHECK:
      case LZMA_GET_CHECK:
        return State::kMore;
      case LZMA_STREAM_END:
        return State::kEnd;
      case LZMA_MEM_ERROR:
        return fail(ErrorCode::kUnavailable, "no memory for the decoder");
      case LZMA_MEMLIMIT_ERROR:
        return fail(ErrorCode::kLimit, "dictionary of " + std::to_string(lzma_memusage(&stream_)) +
                                           " bytes is over the limit");
      case LZMA_OPTIONS_ERROR:
        return fail(ErrorCode::kUnsupported, "unsupported filter or option");
      case LZMA_UNSUPPORTED_CHECK:
        return fail(ErrorCode::kUnsupported, "unsupported check");
      default:
        break;
    }
    return fail(ErrorCode::kMalformed, "broken LZMA data");
  }

  bool restart() override {
    raw_open_ = false;
    header_.clear();
    ready_ = open();
    return ready_;
  }

 private:
  bool open() {
    if (codec_ == Codec::kXz) return lzma_stream_decoder(&stream_, kWindowLimit, 0) == LZMA_OK;
    if (codec_ == Codec::kLzma) return lzma_alone_decoder(&stream_, kWindowLimit) == LZMA_OK;
    return true;
  }

  // ZIP method 14: major, minor version, u16 length of properties (5), properties. The same
  // properties open a raw decoder; the stream ends by its marker or with the input.
  State step_zip_header(ByteView in, std::size_t& used) {
    constexpr std::size_t kHeader = 9;
    used = std::min(kHeader - header_.size(), in.size());
    header_.insert(header_.end(), in.begin(), in.begin() + static_cast<std::ptrdiff_t>(used));
    if (header_.size() < kHeader) return State::kMore;
    if (header_[2] != 5 || header_[3] != 0) {
      return fail(ErrorCode::kMalformed, "LZMA properties are not 5 bytes long");
    }
    std::array<lzma_filter, 2> filters{{{LZMA_FILTER_LZMA1, nullptr}, {LZMA_VLI_UNKNOWN, nullptr}}};
    if (lzma_properties_decode(filters.data(), nullptr, header_.data() + 4, 5) != LZMA_OK) {
      return fail(ErrorCode::kMalformed, "broken LZMA properties");
    }
    State state = State::kMore;
    if (lzma_raw_decoder_memusage(filters.data()) > kWindowLimit) {
      state = fail(ErrorCode::kLimit, "LZMA dictionary is over the limit");
    } else if (lzma_raw_decoder(&stream_, filters.data()) != LZMA_OK) {
      state = fail(ErrorCode::kUnavailable, "cannot open the LZMA decoder");
    }
    // liblzma allocated it so.
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
    std::free(filters[0].options);
    raw_open_ = true;
    return state;
  }

  Codec codec_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool ready_ = false;
  bool raw_open_ = false;
  Bytes header_;
};

class ZstdDecoder final : public StreamDecoder {
 public:
  ZstdDecoder() : context_(ZSTD_createDCtx()) {
    // 2^26 = 64 MiB, the largest window under kWindowLimit.
    if (context_ != nullptr) ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, 26);
  }
  ZstdDecoder(const ZstdDecoder&) = delete;
  ZstdDecoder& operator=(const ZstdDecoder&) = delete;
  ~ZstdDecoder() override { ZSTD_freeDCtx(context_); }

  State step(ByteView in, std::size_t& used, MutableByteView out, std::size_t& produced,
             bool /*last_input*/) override {
    used = produced = 0;
    if (context_ == nullptr) return fail(ErrorCode::kUnavailable, "no memory for the decoder");
    ZSTD_inBuffer input{in.data(), in.size(), 0};
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    const std::size_t code = ZSTD_decompressStream(context_, &output, &input);
    used = input.pos;
    produced = output.pos;
    if (ZSTD_isError(code) == 0) return code == 0 ? State::kEnd : State::kMore;
    const std::string text = ZSTD_getErrorName(code);
    if (text.find("memory") != std::string::npos || text.find("too large") != std::string::npos) {
      return fail(ErrorCode::kLimit, "window over the limit: " + text);
    }
    if (text.find("ictionary") != std::string::npos) return fail(ErrorCode::kUnsupported, text);
    return fail(ErrorCode::kMalformed, text);
  }

  bool restart() override {
    return context_ != nullptr &&
           ZSTD_isError(ZSTD_DCtx_reset(context_, ZSTD_reset_session_only)) == 0;
  }

 private:
  ZSTD_DCtx* context_;
};

class Lz4Decoder final : public StreamDecoder {
 public:
  Lz4Decoder() {
    if (LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)) != 0)
      context_ = nullptr;
  }
  Lz4Decoder(const Lz4Decoder&) = delete;
  Lz4Decoder& operator=(const Lz4Decoder&) = delete;
  ~Lz4Decoder() override { LZ4F_freeDecompressionContext(context_); }

  State step(ByteView in, std::size_t& used, MutableByteView out, std::size_t& produced,
             bool /*last_input*/) override {
    used = produced = 0;
    if (context_ == nullptr) return fail(ErrorCode::kUnavailable, "no memory for the decoder");
    std::size_t in_size = in.size();
    std::size_t out_size = out.size();
    const std::size_t code =
        LZ4F_decompress(context_, out.data(), &out_size, in.data(), &in_size, nullptr);
    if (LZ4F_isError(code) != 0) return fail(ErrorCode::kMalformed, LZ4F_getErrorName(code));
    used = in_size;
    produced = out_size;
    return code == 0 ? State::kEnd : State::kMore;
  }

  bool restart() override {
    if (context_ != nullptr) LZ4F_resetDecompressionContext(context_);
    return context_ != nullptr;
  }

 private:
  LZ4F_dctx* context_ = nullptr;
};

}  // namespace

std::unique_ptr<StreamDecoder> make_decoder(Codec codec) {
  switch (codec) {
    case Codec::kGzip:
      return std::make_unique<ZlibDecoder>(15 + 16);
    case Codec::kZlib:
      return std::make_unique<ZlibDecoder>(15);
    case Codec::kDeflate:
      return std::make_unique<ZlibDecoder>(-15);
    case Codec::kBzip2:
      return std::make_unique<Bzip2Decoder>();
    case Codec::kXz:
    case Codec::kLzma:
    case Codec::kZipLzma:
      return std::make_unique<LzmaDecoder>(codec);
    case Codec::kZstd:
      return std::make_unique<ZstdDecoder>();
    case Codec::kLz4:
      return std::make_unique<Lz4Decoder>();
  }
  return nullptr;
}

}  // namespace saiph::codec
