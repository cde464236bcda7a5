import type { Machines } from './machine.ts';

const raspberry = (chip: string) =>
  `https://github.com/raspberrypi/documentation/blob/develop/documentation/asciidoc/computers/processors/${chip}.adoc`;
/** Which processor needs which GOARM. */
const goArm = 'https://github.com/golang/go/wiki/GoArm';
/** What `uname -m` says on the 32-bit ones: armv6l or armv7l. */
const unames = 'https://github.com/chef/chef/pull/9887';

/** Single-board computers. Raspberry Pi OS also comes in 32 bits for boards of 64: for that one, name linux/arm/v7. */
export const boards: readonly Machines[] = [
  {
    maker: 'raspberry-pi',
    models: '1 1a 1a+ 1b 1b+ zero zero-w cm1',
    processor: 'BCM2835 (ARM1176)',
    target: 'linux/arm/v6',
    sources: [raspberry('bcm2835'), unames, goArm],
  },
  {
    maker: 'raspberry-pi',
    models: '2 2b',
    processor: 'BCM2836 (Cortex-A7), later BCM2837',
    target: 'linux/arm/v7',
    sources: [raspberry('bcm2836'), raspberry('bcm2837'), unames, goArm],
  },
  {
    maker: 'raspberry-pi',
    models: '3 3a+ 3b 3b+ cm3 cm3+',
    processor: 'BCM2837 (Cortex-A53)',
    target: 'linux/arm64',
    sources: [raspberry('bcm2837'), raspberry('bcm2837b0')],
  },
  {
    maker: 'raspberry-pi',
    models: 'zero-2 zero-2-w',
    processor: 'RP3A0 (Cortex-A53)',
    target: 'linux/arm64',
    sources: [raspberry('rp3a0')],
  },
  {
    maker: 'raspberry-pi',
    models: '4 4b 400 cm4',
    processor: 'BCM2711 (Cortex-A72)',
    target: 'linux/arm64',
    sources: [raspberry('bcm2711')],
  },
  {
    maker: 'raspberry-pi',
    models: '5 500 500+ cm5',
    processor: 'BCM2712 (Cortex-A76)',
    target: 'linux/arm64',
    sources: [raspberry('bcm2712')],
  },
  {
    maker: 'beaglebone',
    models: 'black',
    processor: 'AM335x (Cortex-A8)',
    target: 'linux/arm/v7',
    sources: ['https://github.com/topics/am335x', unames, goArm],
  },
  {
    maker: 'visionfive',
    models: '2',
    processor: 'JH7110 (SiFive U74, RV64GC)',
    target: 'linux/riscv64',
    sources: [
      'https://github.com/u-boot/u-boot/blob/v2023.07.02/doc/board/starfive/visionfive2.rst',
      'https://github.com/lupyuen2/wip-nuttx/blob/52527d9915ea0ba1d7e75bb9f2f81356bb2b8ba9/Documentation/platforms/risc-v/jh7110/index.rst',
    ],
  },
];
