//
// What firmware sends on its serial ports.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
//
namespace Boardless
{
    using System.Text;
    using Antmicro.Renode.Peripherals.UART;

    public class Transcript
    {
        public void Listen(IUART uart, int index)
        {
            uart.CharReceived += value =>
            {
                lock(sent)
                {
                    sent.AppendFormat("{0:x2}{1:x2}", index, value);
                }
                lineIsSent |= value == '\n';
            };
        }

        // What firmware has sent since the last call: for each byte the index of its port, then the byte, in hexadecimal.
        public string Take()
        {
            lock(sent)
            {
                var taken = sent.ToString();
                sent.Clear();
                return taken;
            }
        }

        // Whether a line was completed since the last call.
        public bool TakeLine()
        {
            var taken = lineIsSent;
            lineIsSent = false;
            return taken;
        }

        private volatile bool lineIsSent;

        private readonly StringBuilder sent = new StringBuilder();
    }
}
