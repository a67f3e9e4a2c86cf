//
// Where a debugger wants the core to stop.
//
// Copyright 2026 The Boardless Authors. SPDX-License-Identifier: Apache-2.0
//
namespace Boardless
{
    using System;
    using System.Collections.Generic;
    using System.Globalization;
    using System.Linq;
    using System.Linq.Expressions;
    using System.Reflection;
    using Antmicro.Renode.Peripherals.Bus;
    using Antmicro.Renode.Peripherals.CPU;

    public class DebugPoints
    {
        public DebugPoints(TranslationCPU cpu)
        {
            this.cpu = cpu;
        }

        public void SetBreakpoints(string addresses)
        {
            var wanted = new HashSet<uint>(Split(addresses).Select(Parse));
            var addHook = cpu.GetType().GetMethod("AddHook");
            foreach(var address in breakpoints.Except(wanted))
            {
                cpu.RemoveHooksAt(address);
            }
            foreach(var address in wanted.Except(breakpoints))
            {
                // Renode's own hook only makes a block begin there: it is the probe that stops the core.
                addHook.Invoke(cpu, new object[] { (ulong)address, Callback(addHook, (_, __) => { }) });
            }
            breakpoints = wanted;
        }

        public void SetWatchpoints(string ranges)
        {
            foreach(var remove in removals)
            {
                remove();
            }
            removals.Clear();
            var index = 0;
            foreach(var range in Split(ranges))
            {
                var parts = range.Split(':');
                if(parts[2].Contains("r"))
                {
                    Watch(index, Parse(parts[0]), Parse(parts[1]), Access.Read);
                }
                if(parts[2].Contains("w"))
                {
                    Watch(index, Parse(parts[0]), Parse(parts[1]), Access.Write);
                }
                index++;
            }
        }

        // The index of the watchpoint that the last instruction has met, or -1.
        public int TakeWatched()
        {
            var taken = watched;
            watched = -1;
            return taken;
        }

        // Whether there is a breakpoint at which the core has not stopped since the last instruction.
        public bool IsReached(uint address)
        {
            if(stoppedAt == address || !breakpoints.Contains(address))
            {
                return false;
            }
            stoppedAt = address;
            return true;
        }

        public void Pass()
        {
            stoppedAt = null;
        }

        public bool IsWatching { get { return removals.Count > 0; } }

        // Whether an instruction begins once more: Renode calls hooks before an access, and starts over after that.
        public bool IsRepeating { get; set; }

        private void Watch(int index, uint start, uint size, Access access)
        {
            var addHook = cpu.Bus.GetType().GetMethod("AddWatchpointHook");
            var removeHook = cpu.Bus.GetType().GetMethod("RemoveWatchpointHook");
            var hook = Callback(addHook, (address, width) =>
            {
                IsRepeating = true;
                if(address + width > start && address < (ulong)start + size)
                {
                    watched = index;
                }
            });
            // Hooks are called for accesses that begin at their address.
            var first = start - Math.Min(start, WidestAccess - 1);
            for(ulong address = first; address < (ulong)start + size; address++)
            {
                var at = address;
                addHook.Invoke(cpu.Bus, new object[] { at, AnyWidth, access, hook });
                removals.Add(() => removeHook.Invoke(cpu.Bus, new object[] { at, hook }));
            }
        }

        // Types of hooks differ between versions of Renode: this has the one that a method takes last.
        private static Delegate Callback(MethodInfo method, Action<ulong, ulong> action)
        {
            var type = method.GetParameters().Last().ParameterType;
            var parameters = type.GetMethod("Invoke").GetParameters().Select(x => Expression.Parameter(x.ParameterType)).ToArray();
            var address = parameters.First(x => x.Type == typeof(ulong));
            var width = parameters.FirstOrDefault(x => x.Type == typeof(SysbusAccessWidth));
            var size = width == null ? (Expression)Expression.Constant(0UL) : Expression.Convert(width, typeof(ulong));
            return Expression.Lambda(type, Expression.Invoke(Expression.Constant(action), address, size), parameters).Compile();
        }

        private static IEnumerable<string> Split(string list)
        {
            return list.Split(new[] { ',' }, StringSplitOptions.RemoveEmptyEntries);
        }

        private static uint Parse(string hexadecimal)
        {
            return uint.Parse(hexadecimal, NumberStyles.HexNumber);
        }

        private HashSet<uint> breakpoints = new HashSet<uint>();
        private uint? stoppedAt;
        private int watched = -1;

        private readonly TranslationCPU cpu;
        private readonly List<Action> removals = new List<Action>();

        private const uint WidestAccess = 8;
        private const SysbusAccessWidth AnyWidth = (SysbusAccessWidth)15;
    }
}
