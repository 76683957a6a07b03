#include "base/lazy_array.h"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace saiph::detail {

void LazyMemoryDelete::operator()(void* memory) const {
  // The pair of aligned_alloc below.
  std::free(memory);  // NOLINT(cppcoreguidelines-no-malloc,cppcoreguidelines-owning-memory)
}

LazyMemory lazy_memory(std::size_t bytes) {
  constexpr std::size_t kHugePage = std::size_t{2} << 20;
  if (bytes < kHugePage) {
    // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): operator new may be made to fill what it gives
    LazyMemory memory(std::malloc(bytes == 0 ? 1 : bytes));
    if (!memory) throw std::bad_alloc();
    return memory;
  }
  const std::size_t whole = (bytes + kHugePage - 1) & ~(kHugePage - 1);
  if (whole < bytes) throw std::bad_alloc();
  // NOLINTNEXTLINE(cppcoreguidelines-no-malloc): huge pages begin at multiples of their size
  LazyMemory memory(std::aligned_alloc(kHugePage, whole));
  if (!memory) throw std::bad_alloc();
  // Only advice: where the kernel has no huge pages, ordinary ones serve.
  (void)madvise(memory.get(), whole, MADV_HUGEPAGE);
  return memory;
}

}  // namespace saiph::detail
