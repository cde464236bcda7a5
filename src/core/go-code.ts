/** Go source with every comment blanked out, so that offsets and lines stay and only code is found. */
export function withoutComments(text: string): string {
  return text.replaceAll(/"(?:\\.|[^"\\\n])*"|`[^`]*`|'(?:\\.|[^'\\\n])+'|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, part =>
    part.startsWith('/') ? part.replaceAll(/[^\n]/g, ' ') : part,
  );
}
