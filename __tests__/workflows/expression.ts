import { data, Evaluator, Lexer, Parser } from '@actions/expressions';
import { reviver } from '@actions/expressions/data/reviver';

/** What a job of ours can see. */
export interface Contexts {
  readonly github?: Record<string, unknown>;
  readonly inputs?: Record<string, unknown>;
  readonly needs?: Record<string, unknown>;
}

const always = { name: 'always', minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(true) };

/** The value of an expression by GitHub's own evaluator, as text. */
export function evaluate(expression: string, contexts: Contexts): string {
  const { tokens } = new Lexer(expression).lex();
  const names = ['github', 'inputs', 'needs'];
  const parsed = new Parser(tokens, names, [always]).parse();
  const context = JSON.parse(JSON.stringify(contexts), reviver) as data.Dictionary;
  for (const name of names) if (context.get(name) === undefined) context.add(name, new data.Dictionary());
  return new Evaluator(parsed, context, new Map([['always', always]])).evaluate().coerceString();
}

/** A text with each `${{ … }}` in it evaluated. */
export function fillIn(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression: string) => evaluate(expression, contexts));
}

/** Whether an `if` holds. */
export function holds(condition: string, contexts: Contexts): boolean {
  const bare = condition.trim().replace(/^\$\{\{(.*)\}\}$/s, '$1');
  return !['', 'false', '0'].includes(evaluate(bare, contexts));
}
