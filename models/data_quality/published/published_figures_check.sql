{#- Segment types with published figures, by their names in published_figures. -#}
{%- set published_types = {
    'region': 'region',
    'gender': 'gender',
    'loyalty': 'loyalty_flag',
    'family status': 'family_status',
} %}
{%- set unknown = "'" ~ var('unknown_label') ~ "'" %}

with

published_figures as (

    select * from {{ ref('int_published_figures') }}

    where rounding is not null

),

file_row_counts as (

    select * from {{ ref('file_row_counts') }}

),

-- The totals that identify the full data set; generated files can have them too.
loaded as (

    select
        count(*) as order_count,
        coalesce(sum(product_count) filter (where eval_set = 'prior'), 0)
            as prior_order_product_count

    from {{ ref('fct_orders') }}

),

origin as (

    select
        coalesce(
            bool_or(is_generated) filter (where dataset <> 'customers'), false
        ) as is_generated,
        coalesce(
            bool_or(is_generated) filter (where dataset = 'customers'), false
        ) as has_fabricated_customers,
        coalesce(bool_or(fabricated_columns = 'prices'), false)
            as has_fabricated_prices

    from file_row_counts

),

decided as (

    select
        {{ is_check_forced() }}
        or (
            not origin.is_generated
            and loaded.order_count = all_orders.published
            and loaded.prior_order_product_count = all_order_products.published
        ) as is_compared,
        not {{ is_check_forced() }}
        and origin.has_fabricated_customers as is_without_customers,
        not {{ is_check_forced() }}
        and origin.has_fabricated_prices as is_without_prices

    from loaded

    cross join origin

    inner join published_figures as all_orders
        on
            all_orders.metric = 'orders'
            and all_orders.dimension = 'all'

    inner join published_figures as all_order_products
        on
            all_order_products.metric = 'prior order products'
            and all_order_products.dimension = 'all'

),

customers as (

    select * from {{ ref('dim_customers') }}

),

active_customers as (

    select * from customers

    where {{ is_high_activity() }}

),

-- None if nothing is compared, so that the rest of this model is cheap then.
orders as (

    select fct_orders.*

    from {{ ref('fct_orders') }} as fct_orders

    inner join decided
        on decided.is_compared

),

analysed_orders as (

    select * from orders

    where is_analysed

),

products as (

    select * from {{ ref('dim_products') }}

),

aisles as (

    select * from {{ ref('dim_aisles') }}

),

days_of_week as (

    select * from {{ ref('rpt_days_of_week') }}

),

hours_of_day as (

    select * from {{ ref('rpt_hours_of_day') }}

),

day_hours as (

    select * from {{ ref('rpt_day_hours') }}

),

order_sequence as (

    select * from {{ ref('rpt_order_sequence') }}

),

department_sales as (

    select * from {{ ref('rpt_departments') }}

),

aisle_sales as (

    select * from {{ ref('rpt_aisles') }}

),

product_sales as (

    select * from {{ ref('rpt_products') }}

),

price_range_sales as (

    select * from {{ ref('rpt_price_ranges') }}

),

segments as (

    select * from {{ ref('rpt_customer_segments') }}

    where segment <> {{ unknown }}

),

crosstabs as (

    select * from {{ ref('rpt_segment_crosstabs') }}

    where
        segment_a <> {{ unknown }}
        and segment_b <> {{ unknown }}

),

customer_cells as (
    {{ published_customer_cells('customers', 'active_customers') }}
),

segment_cells as (
    {% for name, segment_type in published_types.items() %}
    {{ measured_cells(
        'customers by ' ~ name,
        'segments',
        'segment',
        'sum(customer_count)',
        condition="segment_type = '" ~ segment_type ~ "'",
    ) }}
    union all
    {{ measured_cells(
        'active customers by ' ~ name,
        'crosstabs',
        'segment_b',
        'sum(customer_count)',
        condition="segment_type_a = 'activity_flag' and segment_a = '"
        ~ var('high_activity_label') ~ "' and segment_type_b = '" ~ segment_type ~ "'",
    ) }}
    union all
    {% endfor %}
    {% for a, b in [
        ('region', 'loyalty'), ('loyalty', 'family status'), ('loyalty', 'gender')
    ] %}
    {{ measured_cells(
        'customers by ' ~ a ~ ' and ' ~ b,
        'crosstabs',
        "concat_ws(' | ', segment_a, segment_b)",
        'sum(customer_count)',
        condition="segment_type_a = '" ~ published_types[a]
        ~ "' and segment_type_b = '" ~ published_types[b] ~ "'",
    ) }}
    union all
    {% endfor %}
    {% for name, segment_type in [
        ('loyalty', 'loyalty_flag'), ('order frequency', 'order_frequency_flag')
    ] %}
    {{ measured_cells(
        'order products by ' ~ name,
        'segments',
        'segment',
        'sum(order_product_count)',
        condition="segment_type = '" ~ segment_type ~ "'",
    ) }}
    union all
    {% endfor %}
    {{ measured_cells(
        'orders',
        'segments',
        "'prior, of active customers'",
        'sum(order_count)',
        condition="segment_type = 'activity_flag' and segment = '"
        ~ var('high_activity_label') ~ "'",
    ) }}

),

order_cells as (
    {{ published_order_cells('orders', 'analysed_orders') }}
),

time_cells as (
    {{ measured_cells(
        'prior order products', 'days_of_week', measure='sum(order_product_count)'
    ) }}
    union all
    {{ measured_cells(
        'prior order products',
        'order_sequence',
        "'in first orders'",
        'sum(order_product_count)',
        condition='order_number = 1',
    ) }}
    union all
    {{ measured_cells(
        'prior orders by weekday and hour',
        'day_hours',
        "concat_ws(' | ', day_of_week, hour_of_day)",
        'sum(order_count)',
    ) }}
    {% for name, rows, column in [
        ('busiest day', 'days_of_week', 'busiest_day'),
        ('busiest days', 'days_of_week', 'busiest_days'),
        ('busiest period', 'hours_of_day', 'busiest_period_of_day'),
    ] %}
    union all
    {{ measured_cells(
        'order products by ' ~ name, rows, column, 'sum(order_product_count)'
    ) }}
    {% endfor %}
    union all
    {{ measured_cells(
        'products per order by hour',
        'hours_of_day',
        'hour_of_day',
        'max(products_per_order)',
    ) }}

),

product_cells as (
    {{ measured_cells('catalogue', 'products', "'products'") }}
    union all
    {{ measured_cells('catalogue', 'aisles', "'aisles'") }}
    union all
    {{ measured_cells('catalogue', 'department_sales', "'departments'") }}
    {% for column, rows in [
        ('department', 'department_sales'), ('aisle', 'aisle_sales')
    ] %}
    union all
    {{ measured_cells(
        'order products by ' ~ column, rows, column, 'sum(order_product_count)'
    ) }}
    {% endfor %}
    union all
    {{ measured_cells(
        'prior orders with a department',
        'department_sales',
        'department',
        'sum(order_count)',
    ) }}
    union all
    {{ measured_cells(
        'reorder rate by department',
        'department_sales',
        'department',
        'max(reorder_rate)',
    ) }}
    union all
    {{ measured_cells(
        'reorder rate',
        'customers',
        measure=ratio('sum(reordered_product_count)', 'sum(order_product_count)'),
    ) }}
    union all
    {{ measured_cells(
        'order products by product rank',
        'product_sales',
        'order_product_rank',
        'sum(order_product_count)',
        condition='order_product_rank <= 24',
    ) }}
    union all
    {{ measured_cells(
        'share of the most ordered products',
        'product_sales',
        "'10'",
        'sum(order_product_share)',
        condition='order_product_rank <= 10',
    ) }}
    union all
    {{ measured_cells(
        'products ever ordered', 'product_sales', condition='order_count > 0'
    ) }}
    union all
    {{ measured_cells(
        'order products by price range',
        'price_range_sales',
        'price_range',
        'sum(order_product_count)',
        condition='price_range <> ' ~ unknown,
    ) }}

),

measured as (
    {% for part in ['customer', 'segment', 'order', 'time', 'product'] %}

    select * from {{ part }}_cells
    {% if not loop.last %}
    union all
    {% endif %}
    {% endfor %}

),

measured_metrics as (

    select metric

    from measured

    group by metric

),

-- A metric without rows in the package is left out, and so are figures that depend on
-- other vars than the publishers' or on what is fabricated; a cell without rows is 0.
compared as (

    select
        published_figures.metric,
        published_figures.dimension,
        published_figures.published,
        -- A correlation's last digits depend on the order of the rows.
        {{ rounded('coalesce(measured.actual, 0)', 9) }} as actual,
        published_figures.rounding,
        published_figures.source

    from published_figures

    inner join measured_metrics
        on published_figures.metric = measured_metrics.metric

    left join measured
        on
            published_figures.metric = measured.metric
            and published_figures.dimension = measured.dimension

    inner join decided
        on decided.is_compared

    where
        published_figures.is_comparable
        and not (published_figures.rests_on_customers and decided.is_without_customers)
        and not (published_figures.rests_on_prices and decided.is_without_prices)

),

-- Slightly more than the rounding, as binary fractions differ slightly from decimal ones.
judged as (

    select
        metric,
        dimension,
        published,
        actual,
        abs(actual - published) <= rounding * 1.000001 as is_match,
        rounding,
        source

    from compared

)

select * from judged
