#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>

#include "app/command_end.h"
#include "app/inspect_request.h"
#include "app/text_lines.h"
#include "app/text_setup.h"
#include "base/byte_source.h"
#include "base/escape.h"
#include "base/limits.h"
#include "codec/json/json.h"
#include "codec/json/json_writer.h"
#include "report/inspection_writer.h"
#include "sandbox/confine.h"

namespace saiph::app {

namespace {

/// Lines handed to the threads at a time: enough to keep them busy, few enough to see progress.
constexpr std::size_t kBatchLines = 1024;
constexpr std::size_t kBatchBytes = std::size_t{8} << 20;
/// What a JSON line needs besides its text: escapes make six bytes of one.
constexpr std::size_t kLineFactor = 6;
constexpr std::size_t kLineSpare = std::size_t{64} << 10;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitised = true;
#else
constexpr bool kSanitised = false;
#endif

/// One text on its way, with what was wrong with its line.
struct Item {
  std::string id;
  Channel channel = Channel::kUser;
  std::string text;
  std::string problem;  ///< the line is no text to inspect, and why
  TextReport report;
};

/// An owned file descriptor; standard input is never closed.
class Input {
 public:
  explicit Input(int descriptor) : descriptor_(descriptor) {}
  ~Input() {
    if (descriptor_ > STDIN_FILENO) ::close(descriptor_);
  }
  Input(Input&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Input& operator=(Input&&) = delete;
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

/// What was typed looks like the name of a file, not like a text.
bool looks_like_path(std::string_view text) {
  if (text.find_first_of(" \t\n") != std::string_view::npos) return false;
  if (text.starts_with("./") || text.starts_with("../") || text.starts_with("/")) return true;
  for (const std::string_view ending : {".txt", ".jsonl", ".json", ".md", ".html", ".csv"}) {
    if (text.ends_with(ending)) return true;
  }
  return false;
}

/// Reads {"id", "text", "channel"}; other members are somebody else's.
void read_line(const TextLine& line, Channel otherwise, std::size_t most_bytes, Item& item) {
  item.channel = otherwise;
  item.id = fmt::format("line {}", line.number);
  if (line.cut) {
    item.problem = fmt::format("line {} is longer than {} bytes", line.number, line.text.size());
    return;
  }
  Limits limits = Limits::strict();
  limits.nesting = 64;
  limits.string_bytes = most_bytes * kLineFactor;
  limits.memory_bytes = most_bytes * kLineFactor + (std::size_t{16} << 20);
  Budget budget(limits);
  const ViewSource source(as_bytes(line.text));
  auto document = codec::load_json(source, budget,
                                   {.allow_bom = line.number == 1, .keep_lone_surrogates = true});
  const auto wrong = [&](std::string_view what) {
    item.problem = fmt::format("line {} {}", line.number, what);
  };
  if (!document) return wrong("is not JSON: " + document.error().describe());
  if (!document->root.is_object()) return wrong("is not an object with \"text\"");
  if (const auto* id = document->root.find("id")) {
    if (id->is_string()) item.id = id->string();
    if (!id->number().empty()) item.id = id->number();
  }
  if (!document->duplicate_keys.empty()) {
    return wrong(fmt::format("has the key \"{}\" twice: readers would see two texts",
                             document->duplicate_keys.front().first));
  }
  if (const auto* channel = document->root.find("channel")) {
    const auto parsed = parse_channel(channel->string());
    if (!parsed) return wrong("names a channel that is none; see `saiph inspect --help`");
    item.channel = *parsed;
  }
  const auto* text = document->root.find("text");
  if (text == nullptr || !text->is_string()) return wrong("has no \"text\"");
  item.text = std::string(text->string());
}

class InspectCommand {
 public:
  InspectCommand(const InspectRequest& request, std::ostream& out, std::ostream& err)
      : request_(request), out_(out), err_(err) {}

  Result<int> run() {
    SAIPH_TRY(TextSetup setup, set_up_text_inspection(request_.policy, request_.sources));
    inspector_ = std::move(setup.inspector);
    most_bytes_ = setup.policy.max_bytes;
    SAIPH_TRY(const bool given, take_input());
    if (given) return run_text(std::move(typed_));
    // Confined, it could ask no second tier.
    if (request_.confine && !kSanitised && !setup.uses_network) confine();
    if (takes_lines()) return run_lines();
    SAIPH_TRY(std::string text, read_whole());
    return run_text(std::move(text));
  }

 private:
  /// True when the text stood on the command line.
  Result<bool> take_input() {
    if (request_.text) {
      typed_ = *request_.text;
      return true;
    }
    if (request_.input.empty() || request_.input == "-") {
      if (request_.input.empty() && ::isatty(STDIN_FILENO) == 1) {
        err_ << "saiph inspect: reading a text from standard input, end it with Ctrl-D\n";
      }
      input_ = std::make_unique<Input>(STDIN_FILENO);
      return false;
    }
    std::error_code error;
    if (std::filesystem::exists(request_.input, error)) {
      const int descriptor = ::open(request_.input.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
      if (descriptor < 0 || std::filesystem::is_directory(request_.input, error)) {
        if (descriptor >= 0) ::close(descriptor);
        return Error(ErrorCode::kInvalidArgument,
                     request_.input + " cannot be read: give a file that you may read");
      }
      input_ = std::make_unique<Input>(descriptor);
      return false;
    }
    if (looks_like_path(request_.input)) {
      return Error(ErrorCode::kInvalidArgument,
                   "there is no file " + request_.input +
                       "; to inspect these words themselves, write --text");
    }
    typed_ = request_.input;
    return true;
  }

  bool takes_lines() const {
    if (input_ == nullptr) return false;
    if (request_.input_kind != InspectInput::kAuto) {
      return request_.input_kind == InspectInput::kJsonl;
    }
    return request_.format == InspectFormat::kJsonl || request_.input.ends_with(".jsonl");
  }

  void confine() {
    const auto confinement = sandbox::confine({.writable_folders = {}, .read_nothing_else = true});
    if (!confinement) {
      err_ << "saiph inspect: warning: the process could not be confined ("
           << escape_terminal(confinement.error().describe()) << ")\n";
    }
  }

  /// The whole input, one byte more than may be inspected at most: the inspector says that it was
  /// too long.
  Result<std::string> read_whole() {
    std::string text;
    std::string block(std::size_t{64} << 10, '\0');
    while (text.size() <= most_bytes_) {
      const ::ssize_t got = ::read(input_->descriptor(), block.data(), block.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Error(ErrorCode::kUnavailable, "cannot read the input");
      if (got == 0) break;
      text.append(block, 0, static_cast<std::size_t>(got));
    }
    return text;
  }

  Result<int> run_text(std::string text) {
    Item item;
    item.text = std::move(text);
    item.channel = request_.channel;
    inspect(item);
    SAIPH_CHECK(write(item));
    return exit_code();
  }

  Result<int> run_lines() {
    TextLines lines(input_->descriptor(), most_bytes_ * kLineFactor + kLineSpare);
    bool more = true;
    while (more) {
      std::vector<TextLine> batch;
      std::size_t bytes = 0;
      while (batch.size() < kBatchLines && bytes < kBatchBytes) {
        SAIPH_TRY(auto line, lines.next());
        if (!line) {
          more = false;
          break;
        }
        if (line->text.find_first_not_of(" \t\r") == std::string::npos) continue;
        bytes += line->text.size();
        batch.push_back(std::move(*line));
      }
      std::vector<Item> items(batch.size());
      work_on(batch, items);
      for (const Item& item : items) SAIPH_CHECK(write(item));
    }
    if (request_.format == InspectFormat::kJson && seen_ > 0) out_ << "]\n" << std::flush;
    if (seen_ == 0) {
      return Error(ErrorCode::kInvalidArgument,
                   "the input holds no text: write one {\"id\", \"text\", \"channel\"} a line");
    }
    return exit_code();
  }

  /// Every line of the batch, by as many threads as there are cores; items keep the order.
  void work_on(const std::vector<TextLine>& batch, std::vector<Item>& items) {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i = next++; i < batch.size(); i = next++) {
        read_line(batch[i], request_.channel, most_bytes_, items[i]);
        inspect(items[i]);
      }
    };
    const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
    const std::size_t count =
        std::min<std::size_t>(request_.jobs == 0 ? cores : request_.jobs, batch.size());
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < count; ++i) threads.emplace_back(work);
    work();
  }

  void inspect(Item& item) const {
    if (item.problem.empty()) {
      item.report = inspector_->inspect(item.text, item.channel, request_.wishes);
      return;
    }
    item.report.verdict = TextVerdict::kIncomplete;
    item.report.incomplete.emplace_back(item.problem);
    item.report.reasons.emplace_back("there was no text to look at");
  }

  Status write(const Item& item) {
    ++seen_;
    blocked_ += item.report.verdict == TextVerdict::kBlock ? 1 : 0;
    incomplete_ += item.report.verdict == TextVerdict::kIncomplete ? 1 : 0;
    const report::InspectedText about{item.id, item.channel, item.text.size()};
    line_.clear();
    if (request_.format == InspectFormat::kJson && takes_lines()) out_ << (seen_ == 1 ? "[" : ",");
    if (request_.format == InspectFormat::kText) {
      line_ = report::inspection_text(about, item.text, item.report, colour());
    } else {
      codec::JsonWriter json(line_, request_.format == InspectFormat::kJson ? 2 : 0);
      report::write_inspection(json, about, item.report);
      line_ += '\n';
    }
    out_ << line_ << std::flush;
    if (!out_.good()) return Error(ErrorCode::kUnavailable, "the report cannot be written");
    return {};
  }

  bool colour() const {
    if (request_.colour != ColourMode::kAuto) return request_.colour == ColourMode::kAlways;
    const char* none = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe): nobody sets it
    return ::isatty(STDOUT_FILENO) == 1 && (none == nullptr || *none == '\0');
  }

  int exit_code() const {
    if (blocked_ > 0) return kExitDisproved;
    return incomplete_ > 0 ? kExitUndecided : kExitDone;
  }

  const InspectRequest& request_;
  std::ostream& out_;
  std::ostream& err_;
  std::shared_ptr<const TextInspector> inspector_;
  std::size_t most_bytes_ = 0;
  std::unique_ptr<Input> input_;
  std::string typed_;
  std::string line_;
  std::uint64_t seen_ = 0;
  std::uint64_t blocked_ = 0;
  std::uint64_t incomplete_ = 0;
};

}  // namespace

int run_inspect(const InspectRequest& request, std::ostream& out, std::ostream& err) {
  try {
    const auto done = InspectCommand(request, out, err).run();
    if (done) return *done;
    err << "saiph inspect: " << escape_terminal(done.error().describe()) << "\n";
    return exit_of(done.error());
  } catch (const std::exception& error) {
    err << "saiph inspect: internal error: " << error.what() << "\n";
    return kExitInternal;
  }
}

}  // namespace saiph::app
