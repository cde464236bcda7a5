// Just enough of the tar format (ustar) to make an image: plain files and folders, same bytes for the same input.

/** One archive of `entries`: { name, data?: Buffer, mode? }; an entry without data is a folder. */
export function tar(entries) {
  const blocks = entries.flatMap(({ name, data, mode = data ? 0o644 : 0o755 }) => {
    const size = data?.length ?? 0;
    return [
      header(name, size, mode, data ? '0' : '5'),
      data ?? Buffer.alloc(0),
      Buffer.alloc((512 - (size % 512)) % 512),
    ];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function header(name, size, mode, type) {
  if (name.length > 100) throw new Error(`making a tar archive: the name ${name} is longer than 100 bytes`);
  const block = Buffer.alloc(512);
  const octal = (value, at, length) => block.write(value.toString(8).padStart(length - 1, '0'), at);
  block.write(name, 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.fill(' ', 148, 156);
  block.write(type, 156);
  block.write('ustar\u000000', 257);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return block;
}
