using System.Globalization;
using System.Net;
using System.Text;

namespace Behalf.Bench.Report;

/// <param name="Points">By x, growing.</param>
internal sealed record Line(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>One plot with its lines over a common x.</summary>
internal sealed record Panel(string Title, IReadOnlyList<Line> Lines);

/// <summary>Panels in rows of two as one SVG: x logarithmic, y from nought.</summary>
internal static class Chart
{
    private const int Width = 420;
    private const int Height = 260;
    private const int Left = 56;
    private const int Right = 110;
    private const int Top = 34;
    private const int Bottom = 40;
    private const int Steps = 4;

    private static readonly string[] Colours = ["#1b6ca8", "#c8553d", "#3a7d44", "#8a5a9e", "#b08900"];

    public static string Of(IReadOnlyList<Panel> panels, string unit)
    {
        StringBuilder svg = new();
        void Add(FormattableString line) => svg.AppendLine(line.ToString(CultureInfo.InvariantCulture));
        int rows = (panels.Count + 1) / 2;
        Add(
            $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {2 * Width} {rows * Height}\" font-family=\"sans-serif\" font-size=\"11\" fill=\"#222\">"
        );
        Add($"<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>");
        for (int i = 0; i < panels.Count; i++)
        {
            Add($"<g transform=\"translate({i % 2 * Width} {i / 2 * Height})\">");
            Draw(panels[i], unit, Add);
            Add($"</g>");
        }

        Add($"</svg>");
        return svg.ToString();
    }

    private static void Draw(Panel panel, string unit, Action<FormattableString> add)
    {
        double[] xs = [.. panel.Lines.SelectMany(line => line.Points).Select(point => point.X).Distinct().Order()];
        double top = Ceiling(panel.Lines.SelectMany(line => line.Points).Max(point => point.Y));
        double X(double value) =>
            xs.Length == 1
                ? Left
                : Left + (Width - Left - Right) * (Math.Log(value / xs[0]) / Math.Log(xs[^1] / xs[0]));
        double Y(double value) => Height - Bottom - (Height - Top - Bottom) * value / top;

        add($"<text x=\"{Left}\" y=\"18\" font-size=\"13\">{WebUtility.HtmlEncode(panel.Title)}</text>");
        for (int step = 0; step <= Steps; step++)
        {
            double value = top * step / Steps;
            add(
                $"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{Y(value):0.0}\" y2=\"{Y(value):0.0}\" stroke=\"#ddd\"/>"
            );
            add($"<text x=\"{Left - 6}\" y=\"{Y(value) + 4:0.0}\" text-anchor=\"end\">{value:0.##}</text>");
        }

        foreach (double x in xs)
        {
            add($"<text x=\"{X(x):0.0}\" y=\"{Height - Bottom + 16}\" text-anchor=\"middle\">{x:N0}</text>");
        }

        add(
            $"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 8}\" text-anchor=\"middle\" fill=\"#666\">{unit}</text>"
        );
        for (int i = 0; i < panel.Lines.Count; i++)
        {
            Line line = panel.Lines[i];
            string colour = Colours[i % Colours.Length];
            string points = string.Join(
                ' ',
                line.Points.Select(p => string.Create(CultureInfo.InvariantCulture, $"{X(p.X):0.0},{Y(p.Y):0.0}"))
            );
            add($"<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
            foreach ((double x, double y) in line.Points)
            {
                add($"<circle cx=\"{X(x):0.0}\" cy=\"{Y(y):0.0}\" r=\"3\" fill=\"{colour}\"/>");
            }

            int at = Top + 8 + 16 * i;
            add(
                $"<rect x=\"{Width - Right + 8}\" y=\"{at - 8}\" width=\"10\" height=\"10\" fill=\"{colour}\"/><text x=\"{Width - Right + 22}\" y=\"{at + 1}\">{WebUtility.HtmlEncode(line.Name)}</text>"
            );
        }
    }

    /// <returns>The next of 1, 2, 2.5, 5 and 10 times a power of ten.</returns>
    private static double Ceiling(double value)
    {
        if (value <= 0)
        {
            return 1;
        }

        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        return power * ((double[])[1, 2, 2.5, 5, 10]).First(step => step * power >= value * 0.999);
    }
}
