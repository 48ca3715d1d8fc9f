// What Swift has no word for: a hint that memory will be needed soon.
#pragma once

// Fetches the cache line that holds `address` while other work goes on. Any address will do; nothing is read.
static inline void cache_prefetch(const void *_Nullable address) { __builtin_prefetch(address, 1, 3); }
