// The working state of one read_zip() call. Internal to codec/zip.
#pragma once

#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "codec/zip/zip.h"
#include "codec/zip/zip_window.h"

namespace saiph::codec {

class ZipReader {
 public:
  ZipReader(const ByteSource& source, Budget& budget)
      : source_(source), budget_(budget), window_(source), size_(source.size()) {}

  Result<ZipArchive> run();

 private:
  struct Range {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  /// One reading of an end record: where a directory may stand and what is claimed about it.
  struct Directory {
    std::uint64_t start = 0;
    std::uint64_t limit = 0;  ///< no entry reaches beyond
    std::uint64_t base = 0;   ///< added to every local header offset
    std::uint64_t claimed_size = 0;
    std::uint64_t claimed_count = 0;
    bool wide_count = false;
  };
  struct LocalHeader {
    ZipFacts facts;
    ByteView name;  ///< valid until the next read through the window
    std::uint64_t data_offset = 0;
    bool sizes_known = true;
  };

  // zip_directory.cc
  std::vector<std::uint64_t> find_ends();
  void read_end(std::uint64_t position, bool primary);
  void read_zip64(std::uint64_t end_position, std::uint64_t record, const Directory& plain,
                  bool plain_is_whole, std::vector<Directory>& out);
  void add_readings(std::uint64_t tail, std::uint64_t offset, Directory claimed,
                    std::vector<Directory>& out);
  void read_directory(const Directory& directory, bool primary);
  bool read_central_entry(const Directory& directory, std::uint64_t& position, bool primary);
  void read_central_extra(ByteView extra, ZipEntry& entry, std::uint32_t raw_compressed,
                          std::uint32_t raw_size, std::uint32_t raw_offset, std::uint32_t index);
  bool append_name(ByteView name, ZipEntry& entry);
  bool have_entry(const ZipEntry& entry) const;

  // zip_reader.cc
  void read_locals(std::size_t first_entry);
  bool parse_local(std::uint64_t offset, std::size_t ahead, LocalHeader& out);
  void compare(std::uint32_t index, const LocalHeader& local);
  std::uint64_t descriptor_length(std::uint32_t index, std::uint64_t offset);
  void find_duplicates();
  void find_gaps();
  bool add_hidden(ByteView seen, std::uint64_t at, const Range& gap, std::uint64_t& next);
  void read_gap(Range gap, ZipGap::Place place);
  void issue(ZipIssue what, std::uint64_t offset, std::uint32_t entry = ZipDiscrepancy::kNoEntry,
             std::string text = {});
  bool covered(std::uint64_t position) const;
  void merge_ranges();

  const ByteSource& source_;
  Budget& budget_;
  ZipWindow window_;
  std::uint64_t size_;
  ZipArchive archive_;
  std::vector<Range> ranges_;
  std::vector<Directory> directories_;
  std::uint64_t comment_begin_ = 0;
  std::uint64_t comment_end_ = 0;
  std::uint64_t first_directory_ = 0;
  std::size_t primary_entries_ = 0;  ///< the first entries, sorted by header offset
  bool full_ = false;                ///< a limit was reached: no more entries
};

}  // namespace saiph::codec
