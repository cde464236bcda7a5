// Programs of another architecture, run by qemu's user emulation: what a host of that architecture boots with.
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { ensurePackages, findExecutable } from '../apt.mjs';
import { withLock } from '../lock.mjs';
import { labDir } from '../paths.mjs';
import { capture, run } from '../run.mjs';

const REGISTRY = '/proc/sys/fs/binfmt_misc';
/** A name of our own: whoever looks for an emulator by its usual name does not find what comes and goes with a host. */
const ENTRY = `${REGISTRY}/slipway-arm64`;

// The head of a 64-bit ELF program for AArch64, as qemu's own qemu-binfmt-conf.sh has it.
const MAGIC = '\\x7fELF\\x02\\x01\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x02\\x00\\xb7\\x00';
const MASK = '\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x00\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\xfe\\xff\\xff\\xff';

/** Makes this machine run arm64 programs, also in hosts (F: the emulator needs not be there) and set-uid ones (C, as sudo is). */
export async function ensureEmulation() {
  await ensurePackages(['qemu-user-static']);
  await withLock(labDir('locks', 'emulation'), 30_000, async () => {
    if (!existsSync(`${REGISTRY}/register`)) await run(['mount', '-t', 'binfmt_misc', 'binfmt_misc', REGISTRY]);
    if (existsSync(ENTRY) || existsSync(`${REGISTRY}/qemu-aarch64`)) return;
    const emulator = await findExecutable('qemu-aarch64-static');
    writeFileSync(`${REGISTRY}/register`, `:slipway-arm64:M::${MAGIC}:${MASK}:${emulator}:OCF`);
  });
}

/** Takes the registration back, and the registry's mount where nothing else is in it. */
export async function endEmulation() {
  if (!existsSync(ENTRY)) return;
  writeFileSync(ENTRY, '-1');
  if (readdirSync(REGISTRY).every(name => ['register', 'status'].includes(name))) await capture(['umount', REGISTRY]);
}
