// Dense products over row-major typed arrays: every one ADDS into C. Sums are kept in doubles, in a fixed order,
// so that the same input gives the same bits.

/** C (m x n) += A (m x k) · B (k x n) */
export function addProduct(C, A, B, m, k, n) {
  accumulate(C, A, k, 1, B, n, 1, m, k, n);
}

/** C (m x n) += A (m x k) · Bᵀ, with B stored n x k */
export function addProductTransposedRight(C, A, B, m, k, n) {
  accumulate(C, A, k, 1, B, 1, k, m, k, n);
}

/** C (m x n) += Aᵀ · B, with A stored k x m and B k x n */
export function addProductTransposedLeft(C, A, B, m, k, n) {
  accumulate(C, A, 1, m, B, n, 1, m, k, n);
}

/** C[i, j] += Σ over q of A[i * aRow + q * aStep] * B[q * bStep + j * bCol], in tiles of 4 x 4 with narrower edges. */
function accumulate(C, A, aRow, aStep, B, bStep, bCol, m, k, n) {
  const tiledRows = m - (m % 4);
  const tiledCols = n - (n % 4);
  for (let i = 0; i < tiledRows; i += 4) {
    for (let j = 0; j < tiledCols; j += 4)
      addTile(C, i * n + j, n, A, i * aRow, aRow, aStep, B, j * bCol, bStep, bCol, k);
  }
  for (let i = tiledRows; i < m; i++) {
    for (let j = 0; j < tiledCols; j += 4) addStrip(C, i * n + j, A, i * aRow, aStep, B, j * bCol, bStep, bCol, k);
  }
  for (let i = 0; i < m; i++) {
    for (let j = tiledCols; j < n; j++) addCell(C, i * n + j, A, i * aRow, aStep, B, j * bCol, bStep, k);
  }
}

/** One tile of 4 x 4: sixteen sums that stay in registers, eight loads for sixteen products. */
// prettier-ignore
function addTile(C, c, n, A, a, aRow, aStep, B, b, bStep, bCol, k) {
  let s00 = 0, s01 = 0, s02 = 0, s03 = 0;
  let s10 = 0, s11 = 0, s12 = 0, s13 = 0;
  let s20 = 0, s21 = 0, s22 = 0, s23 = 0;
  let s30 = 0, s31 = 0, s32 = 0, s33 = 0;
  for (let q = 0; q < k; q++, a += aStep, b += bStep) {
    const a0 = A[a], a1 = A[a + aRow], a2 = A[a + 2 * aRow], a3 = A[a + 3 * aRow];
    const b0 = B[b], b1 = B[b + bCol], b2 = B[b + 2 * bCol], b3 = B[b + 3 * bCol];
    s00 += a0 * b0; s01 += a0 * b1; s02 += a0 * b2; s03 += a0 * b3;
    s10 += a1 * b0; s11 += a1 * b1; s12 += a1 * b2; s13 += a1 * b3;
    s20 += a2 * b0; s21 += a2 * b1; s22 += a2 * b2; s23 += a2 * b3;
    s30 += a3 * b0; s31 += a3 * b1; s32 += a3 * b2; s33 += a3 * b3;
  }
  C[c] += s00; C[c + 1] += s01; C[c + 2] += s02; C[c + 3] += s03;
  c += n;
  C[c] += s10; C[c + 1] += s11; C[c + 2] += s12; C[c + 3] += s13;
  c += n;
  C[c] += s20; C[c + 1] += s21; C[c + 2] += s22; C[c + 3] += s23;
  c += n;
  C[c] += s30; C[c + 1] += s31; C[c + 2] += s32; C[c + 3] += s33;
}

function addStrip(C, c, A, a, aStep, B, b, bStep, bCol, k) {
  let s0 = 0,
    s1 = 0,
    s2 = 0,
    s3 = 0;
  for (let q = 0; q < k; q++, a += aStep, b += bStep) {
    const a0 = A[a];
    s0 += a0 * B[b];
    s1 += a0 * B[b + bCol];
    s2 += a0 * B[b + 2 * bCol];
    s3 += a0 * B[b + 3 * bCol];
  }
  C[c] += s0;
  C[c + 1] += s1;
  C[c + 2] += s2;
  C[c + 3] += s3;
}

function addCell(C, c, A, a, aStep, B, b, bStep, k) {
  let sum = 0;
  for (let q = 0; q < k; q++, a += aStep, b += bStep) sum += A[a] * B[b];
  C[c] += sum;
}
