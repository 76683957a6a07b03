#include "server/archive.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <vector>

#include "base/escape.h"
#include "base/file.h"
#include "codec/tar/tar_writer.h"

namespace saiph::server {

namespace {

constexpr std::size_t kBuffer = 1U << 20;
constexpr std::chrono::milliseconds kPatience{30'000};

Result<std::vector<std::string>> files_below(const std::string& folder) {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  std::error_code error;
  for (fs::recursive_directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    if (it->is_regular_file(error))
      names.push_back(fs::relative(it->path(), folder, error).string());
  }
  if (error) return Error(ErrorCode::kUnavailable, folder + ": " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

Status write_all(const ScratchFolder& folder, const std::string& name, UnixMillis now,
                 net::Stream& stream) {
  codec::TarWriter archive([&](std::string_view bytes) -> Status {
    if (stream.write_waiting(std::string(bytes), kPatience)) return {};
    return Error(ErrorCode::kUnavailable, "the client is gone or too slow");
  });
  SAIPH_TRY(const std::vector<std::string> files, files_below(folder.path()));
  for (const std::string& file : files) {
    SAIPH_TRY(const auto source, FileSource::open(folder.path() + "/" + file));
    SAIPH_CHECK(archive.file(name + "/" + file, *source, now / kSecondMs));
  }
  return archive.finish();
}

}  // namespace

Result<ScratchFolder> ScratchFolder::make(const Context& context) {
  const std::string path = context.options.scratch_folder + "/" + context.request_id;
  std::error_code error;
  if (!std::filesystem::create_directory(path, error)) {
    return Error(ErrorCode::kUnavailable, path + ": no folder can be made: " + error.message());
  }
  std::filesystem::permissions(path, std::filesystem::perms::owner_all, error);
  return ScratchFolder(path);
}

ScratchFolder::~ScratchFolder() {
  if (path_.empty()) return;
  std::error_code ignored;  // the next start empties the folder above
  std::filesystem::remove_all(path_, ignored);
}

void send_archive(Context& context, const ScratchFolder& folder, const std::string& name) {
  net::Headers headers;
  headers.add("Content-Type", "application/x-tar");
  headers.add("Content-Disposition", "attachment; filename=\"" + name + ".tar\"");
  add_common_headers(headers, &context.head(), context.request_id);
  const auto stream = context.exchange->stream(200, std::move(headers),
                                               {.buffer_bytes = kBuffer, .is_endless = false});
  if (stream == nullptr) return;
  if (context.is_head()) {
    stream->close();
    return;
  }
  const Status sent = write_all(folder, name, context.now, *stream);
  if (sent) {
    stream->close();
  } else if (context.services.log) {
    context.services.log("request " + context.request_id + ": " + name +
                         ".tar: " + escape_terminal(sent.error().describe()));
  }
}

}  // namespace saiph::server
