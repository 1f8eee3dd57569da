/*
 * The least that a brick and a client are made of, with more options of their borders.
 */

type OptionTexts = Readonly<Record<string, string>>;

function optionLines(options: OptionTexts): string {
  return Object.entries(options)
    .map(([key, value]) => `    option ${key} ${value}\n`)
    .join('');
}

export const bareBrick = (directory: string, port: number, options: OptionTexts): string => `
volume brick
    type storage/posix
    option directory ${directory}
end-volume
volume brick-server
    type protocol/server
    option transport-type tcp
    option transport.address-family inet
    option transport.socket.bind-address 127.0.0.1
    option transport.socket.listen-port ${port}
${optionLines(options)}    subvolumes brick
end-volume
`;

export const bareClient = (port: number, options: OptionTexts): string => `
volume client
    type protocol/client
    option transport-type tcp
    option remote-host 127.0.0.1
    option remote-port ${port}
    option remote-subvolume brick
${optionLines(options)}end-volume
`;
