// @ts-check

const DIRECTIVE = /^\s*eslint-disable(?:-next-line|-line)?\b/;

/**
 * A rule that is switched off in a file says why: `// eslint-disable-next-line some-rule -- the reason`.
 * @type {import('eslint').Rule.RuleModule}
 */
export const requireDisableReason = {
  meta: {
    type: 'suggestion',
    schema: [],
    messages: {
      reason: "Say why: 'eslint-disable-next-line <rule> -- <reason>'.",
      rule: 'Name the rule that is switched off.',
    },
  },
  create: (context) => ({
    Program() {
      for (const { value, loc } of context.sourceCode.getAllComments()) {
        if (!DIRECTIVE.test(value) || !loc) continue;
        const [directive = '', ...reason] = value.split(/\s-{2,}\s/);
        // Reported before the directive's own place, from which on it would silence this rule too.
        const before = { line: loc.start.line - 1, column: 0 };
        if (reason.join('').trim() === '') context.report({ loc: before, messageId: 'reason' });
        if (directive.replace(DIRECTIVE, '').trim() === '') context.report({ loc: before, messageId: 'rule' });
      }
    },
  }),
};
