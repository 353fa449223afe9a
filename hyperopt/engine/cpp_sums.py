"""Computes sums of compiled programs in registers: same numbers and order, less processor time.

The compiler sums over many weights in chunks that it stores in memory. In the hypergradient's pass, which
computes seven sums at once, these stores took a sixth of the time (docs/speed.md).
"""

from __future__ import annotations

import re

PREFIX = "#include <torch/csrc/inductor/cpp_prefix.h>\n"

IN_REGISTERS = """
template <typename T, uint64_t size>
struct SumInRegister {
  T chunk = T(0);
  uint64_t left = size, chunks = 0;
  std::vector<T> sums{T(0)};
  explicit SumInRegister(uint64_t numbers) {
    for (uint64_t all = (numbers + size - 1) / size; all > 2; all = (all + 1) / 2) sums.push_back(T(0));
  }
};

template <typename T, uint64_t size>
inline __attribute__((always_inline)) T cascade_sum_combine(T& number, SumInRegister<T, size>* sum) {
  sum->chunk = sum->chunk + number;
  if (__builtin_expect(--sum->left == 0, 0)) {
    sum->left = size;
    sum->sums[0] = sum->chunk;
    uint64_t chunks = ++sum->chunks;
    for (uint64_t i = 1; i < sum->sums.size() && chunks % 2 == 0; ++i, chunks /= 2) {
      sum->sums[i] = sum->sums[i] + sum->sums[i - 1];
      sum->sums[i - 1] = T(0);
    }
    sum->chunk = sum->sums[0];
  }
  return sum->chunk;
}

template <typename T, uint64_t size>
inline T cascade_sum_final(SumInRegister<T, size>* sum) {
  T all = sum->chunk;
  for (uint64_t i = 1; i < sum->sums.size(); ++i) all = all + sum->sums[i];
  return all;
}
"""


def in_registers(code: str) -> str:
    """Return a kernel's code with its vector sums in registers."""
    changed, sums = re.subn(r"\bCascadeSumHelper<(.+, \d+)> (?=cascade_helper)", r"SumInRegister<\1> ", code)
    return changed.replace(PREFIX, PREFIX + IN_REGISTERS, 1) if sums and PREFIX in code else code
