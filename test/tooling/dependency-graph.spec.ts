import { describe, expect, it } from 'vitest';
import { drawGraph, foldIntoParts, replaceBetweenMarkers } from '../../tools/lib/dependency-graph.mjs';

const file = (source: string, ...resolved: string[]) => ({
  source,
  dependencies: resolved.map((to) => ({ resolved: to })),
});

describe('the dependency graph', () => {
  const parts = foldIntoParts([
    file(
      'libs/jobs/src/submit-job.service.ts',
      'libs/kernel/src/index.ts',
      'libs/catalog/src/index.ts',
      'libs/jobs/src/job.ts',
    ),
    file('libs/jobs/src/job.spec.ts', 'libs/ledger/src/index.ts'),
    file('libs/catalog/src/index.ts', 'node_modules/typeorm/index.js'),
    file('apps/api/src/main.ts', 'libs/jobs/src/index.ts', 'migrations/index.ts'),
    file('tools/check.mjs', 'libs/jobs/src/index.ts'),
  ]);

  it('folds files into parts, without tests, packages and tools', () => {
    expect([...parts]).toEqual([
      ['apps/api', ['libs/jobs', 'migrations']],
      ['libs/catalog', []],
      ['libs/jobs', ['libs/catalog', 'libs/kernel']],
    ]);
  });

  it('draws every arrow but those to the ground, and lists them all', () => {
    const drawing = drawGraph(parts);
    expect(drawing).toContain('  apps_api --> libs_jobs\n');
    expect(drawing).not.toContain('--> libs_kernel');
    expect(drawing).toContain('- `libs/jobs`: catalog, kernel');
    expect(drawing).toContain('- `libs/catalog`: nothing');
  });

  it('replaces what stands between the markers and nothing else', () => {
    const begin = '<!-- dependency graph: begin (npm run sync:graph) -->';
    const end = '<!-- dependency graph: end -->';
    const page = `# Title\n\n${begin}\nold\n${end}\n\nText.\n`;
    expect(replaceBetweenMarkers(page, 'new')).toBe(`# Title\n\n${begin}\n\nnew\n\n${end}\n\nText.\n`);
    expect(() => replaceBetweenMarkers('# Title\n', 'new')).toThrow('markers');
  });
});
